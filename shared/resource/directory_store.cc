#include "shared/resource/directory_store.h"

#include <mutex>
#include <utility>

#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm {
namespace {

constexpr absl::Duration kReadTimeout = absl::Seconds(2);
// For how long others go on with what one of them is reading again.
constexpr absl::Duration kReloadTime = absl::Seconds(1);

}  // namespace

DirectoryStore::DirectoryStore(Database& database,
                               const DirectoryTables& tables,
                               std::shared_ptr<const RoleTable> built_in,
                               const Clock& clock)
    : database_(database),
      tables_(tables),
      built_in_(std::move(built_in)),
      clock_(clock) {}

absl::StatusOr<std::shared_ptr<const Caller>> DirectoryStore::Find(
    const Principal& principal) {
  CRM_ASSIGN_OR_RETURN(const std::shared_ptr<Directory> directory,
                       Of(principal.tenant));
  return directory->Find(principal);
}

absl::StatusOr<std::shared_ptr<Directory>> DirectoryStore::Of(
    const std::string& tenant) {
  const absl::Duration now = clock_.Monotonic();
  {
    std::shared_lock lock(mutex_);
    const auto found = entries_.find(tenant);
    if (found != entries_.end()) {
      const Entry& entry = found->second;
      const absl::Duration age = now - entry.loaded;
      if (age < kMaxDirectoryAge ||
          (entry.loading && age < kMaxDirectoryAge + kReloadTime)) {
        return entry.directory;
      }
    }
  }
  return Load(tenant);
}

absl::StatusOr<std::shared_ptr<Directory>> DirectoryStore::Load(
    const std::string& tenant) {
  // What the store says counts from before it is asked.
  const absl::Duration now = clock_.Monotonic();
  uint64_t generation = 0;
  {
    std::lock_guard lock(mutex_);
    generation = generation_;
    const auto found = entries_.find(tenant);
    if (found != entries_.end()) found->second.loading = true;
  }
  absl::StatusOr<DirectoryContent> content;
  const absl::Status read =
      database_.Read(clock_.Now() + kReadTimeout, [&](SqlReader& reader) {
        content = tables_.Load(reader, tenant, clock_.Now());
        return content.status();
      });
  std::lock_guard lock(mutex_);
  const auto found = entries_.find(tenant);
  if (!read.ok()) {
    if (found != entries_.end()) {
      found->second.loading = false;
      if (now - found->second.loaded < kMaxDirectoryAgeInNeed) {
        return found->second.directory;
      }
    }
    return Unavailable("DIRECTORY_UNAVAILABLE",
                       "What callers may do cannot be read now; try again.");
  }
  auto directory = std::make_shared<Directory>(built_in_, *std::move(content));
  if (generation != generation_) return directory;
  if (entries_.size() >= kMaxTenants) entries_.clear();
  entries_.insert_or_assign(
      tenant, Entry{.directory = directory, .loaded = now, .loading = false});
  return directory;
}

void DirectoryStore::Invalidate(const std::string& tenant) {
  std::lock_guard lock(mutex_);
  ++generation_;
  entries_.erase(tenant);
}

}  // namespace crm

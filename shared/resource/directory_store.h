// The directories of all tenants of a service, loaded from its store and kept
// for moments only: a user who is disabled is refused everywhere within
// seconds.

#ifndef CRM_SHARED_RESOURCE_DIRECTORY_STORE_H_
#define CRM_SHARED_RESOURCE_DIRECTORY_STORE_H_

#include <cstdint>
#include <memory>
#include <shared_mutex>
#include <string>
#include <unordered_map>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shared/auth/directory.h"
#include "shared/base/clock.h"
#include "shared/resource/directory_tables.h"
#include "shared/storage/database.h"

namespace crm {

// A directory is read again when it is this old: other processes over the same
// store change it too. What this process learns of comes at once.
inline constexpr absl::Duration kMaxDirectoryAge = absl::Seconds(4);
// While the store cannot be read, an older one serves for so long.
inline constexpr absl::Duration kMaxDirectoryAgeInNeed = absl::Seconds(60);

// Finds callers in their tenants' directories. Thread-safe.
class DirectoryStore final : public CallerSource {
 public:
  // All outlive this.
  DirectoryStore(Database& database, const DirectoryTables& tables,
                 std::shared_ptr<const RoleTable> built_in, const Clock& clock);

  absl::StatusOr<std::shared_ptr<const Caller>> Find(
      const Principal& principal) override;

  // Returns the directory of `tenant`. Returns UNAVAILABLE
  // (DIRECTORY_UNAVAILABLE) if it can neither be read nor is remembered.
  absl::StatusOr<std::shared_ptr<Directory>> Of(const std::string& tenant);

  // Says that users, teams or roles of `tenant` have changed, durably.
  void Invalidate(const std::string& tenant);

 private:
  // Directories beyond this many make the others be forgotten.
  static constexpr size_t kMaxTenants = 10'000;

  struct Entry {
    std::shared_ptr<Directory> directory;
    absl::Duration loaded;
    bool loading = false;
  };

  absl::StatusOr<std::shared_ptr<Directory>> Load(const std::string& tenant);

  Database& database_;
  const DirectoryTables& tables_;
  const std::shared_ptr<const RoleTable> built_in_;
  const Clock& clock_;

  std::shared_mutex mutex_;
  // Counts invalidations, so that none is lost to a load under way.
  uint64_t generation_ = 0;
  std::unordered_map<std::string, Entry> entries_;
};

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_DIRECTORY_STORE_H_

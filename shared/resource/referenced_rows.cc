#include "shared/resource/referenced_rows.h"

#include <optional>
#include <utility>

#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm {
namespace {

using ::google::protobuf::Message;

// More than the rows of a page and less than much memory.
constexpr size_t kMaxKept = 1'000;

}  // namespace

ReferencedRows::ReferencedRows(const Kernel& kernel, SqlReader& reader,
                               std::string tenant)
    : kernel_(kernel),
      reader_(reader),
      tenant_(std::move(tenant)),
      find_([this](const ReferenceTarget& target, const std::string& name) {
        return Find(target, name);
      }) {}

const Message* ReferencedRows::Find(const ReferenceTarget& target,
                                    const std::string& name) {
  if (!status_.ok()) return nullptr;
  if (kept_.size() >= kMaxKept) kept_.clear();
  const auto [entry, added] = kept_.try_emplace(name);
  if (!added) return entry->second.get();
  auto loaded = Load(target, name);
  if (!loaded.ok()) {
    status_ = loaded.status();
    return nullptr;
  }
  entry->second = *std::move(loaded);
  return entry->second.get();
}

absl::StatusOr<std::unique_ptr<Message>> ReferencedRows::Load(
    const ReferenceTarget& target, const std::string& name) const {
  const Resource& resource = *kernel_.catalog.Find(target.message);
  CRM_ASSIGN_OR_RETURN(const std::optional<StoredRow> row,
                       resource.table.Find(reader_, tenant_, name));
  if (!row.has_value() || row->deleted) return nullptr;
  std::unique_ptr<Message> message = resource.New();
  if (!message->ParseFromString(row->body)) {
    return Internal("ROW_UNREADABLE", "A stored row could not be read.");
  }
  return message;
}

}  // namespace crm

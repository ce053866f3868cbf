#include "shared/resource/expiry.h"

#include <memory>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/reflect/field_access.h"
#include "shared/resource/standard_fields.h"

namespace crm {

absl::Status ScheduleExpiry(SqlWriter& writer, absl::string_view tenant,
                            const Resource& resource,
                            const google::protobuf::Message& message) {
  if (!resource.rules.expires) return absl::OkStatus();
  const absl::Time time = resource.rules.expires(message);
  if (time == absl::InfiniteFuture()) return absl::OkStatus();
  return SetTimer(writer, {.tenant = std::string(tenant),
                           .kind = kExpiryTimer,
                           .key = ReadString(message, "name"),
                           .due_time = time,
                           .payload = ""});
}

absl::Status KeepTimers(SqlWriter& writer, absl::string_view tenant,
                        const Resource& resource,
                        const google::protobuf::Message* before,
                        const google::protobuf::Message* after) {
  for (const ResourceTimer& timer : resource.rules.timers) {
    const auto due_of = [&](const google::protobuf::Message* message) {
      return message == nullptr || IsDeleted(*message) ? absl::InfiniteFuture()
                                                       : timer.due(*message);
    };
    const absl::Time due = due_of(after);
    if (due == due_of(before)) continue;
    const std::string name =
        ReadString(after != nullptr ? *after : *before, "name");
    if (due == absl::InfiniteFuture()) {
      CRM_RETURN_IF_ERROR(
          ClearTimer(writer, tenant, timer.kind, name).status());
      continue;
    }
    CRM_RETURN_IF_ERROR(SetTimer(writer, {.tenant = std::string(tenant),
                                          .kind = timer.kind,
                                          .key = name,
                                          .due_time = due,
                                          .payload = ""}));
  }
  return absl::OkStatus();
}

absl::Status DeleteExpired(Transaction& transaction, const Timer& timer) {
  const Resource* resource = transaction.view().catalog().FindByName(timer.key);
  if (resource == nullptr || !resource->rules.expires) return absl::OkStatus();
  CRM_ASSIGN_OR_RETURN(const std::optional<StoredRow> row,
                       transaction.view().Find(*resource, timer.key));
  if (!row.has_value() || row->deleted) return absl::OkStatus();
  const std::unique_ptr<google::protobuf::Message> message = resource->New();
  if (!message->ParseFromString(row->body)) {
    return Internal("ROW_UNREADABLE", "A stored row could not be read.");
  }
  // A change after this timer was read has moved it.
  if (resource->rules.expires(*message) > transaction.now()) {
    return absl::OkStatus();
  }
  transaction.Delete(*message);
  return transaction.status();
}

}  // namespace crm

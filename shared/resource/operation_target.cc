#include "shared/resource/operation_target.h"

#include <memory>
#include <optional>
#include <string>

#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/reflect/field_access.h"

namespace crm {

absl::Status CheckOperationTarget(const Transaction& transaction,
                                  const google::protobuf::Message& request) {
  const google::protobuf::FieldDescriptor* field =
      request.GetDescriptor()->FindFieldByName("name");
  const MethodInfo* method = transaction.call().method;
  if (field == nullptr || method == nullptr || method->resource == nullptr) {
    return absl::OkStatus();
  }
  const Resource* resource =
      transaction.view().catalog().Find(method->resource);
  if (resource == nullptr) return absl::OkStatus();
  const std::string name = ReadString(request, "name");
  CRM_ASSIGN_OR_RETURN(const std::optional<StoredRow> row,
                       transaction.view().Find(*resource, name));
  if (!row.has_value() || row->deleted) {
    return ResourceNotFound(resource->schema, name);
  }
  const std::unique_ptr<google::protobuf::Message> message = resource->New();
  if (!message->ParseFromString(row->body)) {
    return Internal("ROW_UNREADABLE", "A stored row could not be read.");
  }
  return transaction.access().CheckTarget(*resource, *message);
}

}  // namespace crm

#include "shared/resource/bulk_update.h"

#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "shared/resource/bulk_change.h"
#include "shared/resource/import_operation.h"
#include "shared/resource/standard_mutations.h"

namespace crm {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;

// Copies the field `name` from one message to another that has it too.
void CopyField(const std::string& name, const Message& from, Message& to) {
  const FieldDescriptor* source = from.GetDescriptor()->FindFieldByName(name);
  const FieldDescriptor* target = to.GetDescriptor()->FindFieldByName(name);
  to.GetReflection()
      ->MutableMessage(&to, target)
      ->CopyFrom(from.GetReflection()->GetMessage(from, source));
}

}  // namespace

std::optional<OperationKind> BulkUpdateOperation(const Kernel& kernel,
                                                 const MethodInfo& method) {
  const Resource* resource = kernel.catalog.Find(method.resource);
  if (!absl::StartsWith(method.descriptor->name(), "BulkUpdate") ||
      resource == nullptr) {
    return std::nullopt;
  }
  const MethodInfo* list =
      StandardMethod(kernel.methods, method.resource, Verb::kList);
  const MethodInfo* update =
      StandardMethod(kernel.methods, method.resource, Verb::kUpdate);
  if (list == nullptr || update == nullptr) return std::nullopt;
  const BulkChange change = {
      update, [resource](Transaction& transaction, const CallContext&,
                         const Message& request) {
        return ApplyStandard(transaction, Verb::kUpdate, *resource, request,
                             resource->schema.message());
      }};
  const std::string field = resource->schema.request_field();
  BulkChangeKind kind;
  kind.change_of = [change](const Message&) -> absl::StatusOr<BulkChange> {
    return change;
  };
  kind.fill = [field](const Message& bulk, Message& request) {
    CopyField(field, bulk, request);
    CopyField("update_mask", bulk, request);
  };
  kind.target = [field](Message& request) {
    return request.GetReflection()->MutableMessage(
        &request, request.GetDescriptor()->FindFieldByName(field));
  };
  return BulkChangeOperation(kernel, *resource, *list, std::move(kind));
}

}  // namespace crm

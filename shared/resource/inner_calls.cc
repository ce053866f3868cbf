#include "shared/resource/inner_calls.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/resource/standard_mutations.h"
#include "shared/resource/validate_filter.h"

namespace crm {
namespace {

using ::google::protobuf::Message;

bool IsStandard(const Resource& resource, const MethodInfo& method) {
  switch (method.verb) {
    case Verb::kCreate:
    case Verb::kUpdate:
    case Verb::kDelete:
    case Verb::kUndelete:
      return true;
    case Verb::kCustom:
      return resource.schema.machine().Find(method.descriptor->input_type()) !=
                 nullptr &&
             method.descriptor->output_type() == resource.schema.message();
    default:
      return false;
  }
}

}  // namespace

absl::Status InnerCalls::CheckMay(const Caller* caller,
                                  const MethodInfo& method) {
  if (caller == nullptr || caller->AccessTo(method.permission).allowed()) {
    return absl::OkStatus();
  }
  return PermissionDenied(
      "PERMISSION_DENIED",
      absl::StrCat("The permission '", method.permission,
                   "' is needed, which none of the roles grants."),
      {{"permission", method.permission}});
}

MutationBody InnerCalls::BodyOf(const MethodInfo& method) const {
  const auto body = bodies_->find(method.descriptor->input_type());
  if (body != bodies_->end()) return body->second;
  const Resource* resource = kernel_.catalog.Find(method.resource);
  if (resource == nullptr || !IsStandard(*resource, method)) return nullptr;
  return [resource, verb = method.verb,
          response = method.descriptor->output_type()](Transaction& transaction,
                                                       const CallContext&,
                                                       const Message& request) {
    return ApplyStandard(transaction, verb, *resource, request, response);
  };
}

absl::StatusOr<std::unique_ptr<Message>> InnerCalls::Call(
    Transaction& transaction, std::shared_ptr<const CallContext> call,
    const Message& request) const {
  const MethodInfo& method = *call->method;
  CRM_RETURN_IF_ERROR(CheckMay(call->caller.get(), method));
  CRM_RETURN_IF_ERROR(
      CheckRequest(kernel_.catalog.validator(), method, request));
  const MutationBody body = BodyOf(method);
  if (!body) {
    return FailedPrecondition(
        "METHOD_NOT_INNER",
        absl::StrCat("'", method.path,
                     "' does not change something in one transaction."),
        method.path);
  }
  const Transaction::Acting acting(transaction, call);
  CRM_ASSIGN_OR_RETURN(std::unique_ptr<Message> answer,
                       body(transaction, *call, request));
  CRM_RETURN_IF_ERROR(transaction.status());
  return answer;
}

}  // namespace crm

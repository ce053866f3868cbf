#include "shared/resource/validate_filter.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "shared/reflect/field_access.h"
#include "shared/resource/request_log.h"

namespace crm {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;

// Message::DiscardUnknownFields() makes a container in each message to empty
// it, so it is called only where there is something to discard.
bool HasUnknownFields(const Message& message) {
  const auto* reflection = message.GetReflection();
  if (!reflection->GetUnknownFields(message).empty()) return true;
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->message_type() == nullptr) continue;
    const bool plain_map =
        field->is_map() &&
        field->message_type()->map_value()->message_type() == nullptr;
    if (plain_map) continue;
    if (!field->is_repeated()) {
      if (HasUnknownFields(reflection->GetMessage(message, field))) return true;
      continue;
    }
    for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
      if (HasUnknownFields(reflection->GetRepeatedMessage(message, field, i))) {
        return true;
      }
    }
  }
  return false;
}

}  // namespace

ValidateFilter::ValidateFilter(const Validator& validator)
    : validator_(validator) {}

absl::Status ValidateFilter::Begin(Call& call) {
  // What we do not know we cannot check, so it must not be stored.
  if (HasUnknownFields(*call.request)) call.request->DiscardUnknownFields();
  return CheckRequest(validator_, *call.context.method, *call.request);
}

absl::Status CheckRequest(const Validator& validator, const MethodInfo& method,
                          const Message& request) {
  ValidateOptions options;
  // An update may leave out what it does not change; the kernel checks the
  // resource as it will be.
  const bool masked =
      request.GetDescriptor()->FindFieldByName("update_mask") != nullptr;
  if (masked || method.verb == Verb::kBatchUpdate) {
    options.partial_type = method.resource;
  }
  // What succeeds in part says of each item what is wrong with it.
  if (ReadBool(request, "return_partial_success")) {
    options.unchecked = request.GetDescriptor()->FindFieldByName("requests");
  }
  std::vector<FieldViolation> violations =
      validator.Check(request, "", options);
  if (ReadString(request, "request_id").size() > kMaxRequestIdBytes) {
    violations.push_back(
        {"request_id",
         absl::StrCat("must have at most ", kMaxRequestIdBytes, " bytes.")});
  }
  return violations.empty() ? absl::OkStatus() : BadRequest(violations);
}

}  // namespace crm

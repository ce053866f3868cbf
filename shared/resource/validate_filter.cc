#include "shared/resource/validate_filter.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "shared/reflect/field_access.h"
#include "shared/resource/request_log.h"

namespace crm {

ValidateFilter::ValidateFilter(const Validator& validator)
    : validator_(validator) {}

absl::Status ValidateFilter::Begin(Call& call) {
  // What we do not know we cannot check, so it must not be stored.
  call.request->DiscardUnknownFields();
  const MethodInfo& method = *call.context.method;
  ValidateOptions options;
  // An update may leave out what it does not change; the kernel checks the
  // resource as it will be.
  if (method.verb == Verb::kUpdate || method.verb == Verb::kBatchUpdate) {
    options.partial_type = method.resource;
  }
  // What succeeds in part says of each item what is wrong with it.
  if (ReadBool(*call.request, "return_partial_success")) {
    options.unchecked =
        call.request->GetDescriptor()->FindFieldByName("requests");
  }
  std::vector<FieldViolation> violations =
      validator_.Check(*call.request, "", options);
  if (ReadString(*call.request, "request_id").size() > kMaxRequestIdBytes) {
    violations.push_back(
        {"request_id",
         absl::StrCat("must have at most ", kMaxRequestIdBytes, " bytes.")});
  }
  return violations.empty() ? absl::OkStatus() : BadRequest(violations);
}

}  // namespace crm

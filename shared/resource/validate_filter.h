// The filter that checks requests against their schema before a handler sees
// them (AIP-203, AIP-211: after authorization).

#ifndef CRM_SHARED_RESOURCE_VALIDATE_FILTER_H_
#define CRM_SHARED_RESOURCE_VALIDATE_FILTER_H_

#include "absl/status/status.h"
#include "google/protobuf/message.h"
#include "shared/call/call.h"
#include "shared/call/method_table.h"
#include "shared/reflect/validate.h"

namespace crm {

// Returns INVALID_ARGUMENT with all rules of the schema that `request`, of
// `method`, breaks.
absl::Status CheckRequest(const Validator& validator, const MethodInfo& method,
                          const google::protobuf::Message& request);

// Ends calls whose request breaks a rule with INVALID_ARGUMENT that lists all
// violations. Thread-safe.
class ValidateFilter final : public CallFilter {
 public:
  // `validator` outlives the filter.
  explicit ValidateFilter(const Validator& validator);

  absl::Status Begin(Call& call) override;

 private:
  const Validator& validator_;
};

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_VALIDATE_FILTER_H_

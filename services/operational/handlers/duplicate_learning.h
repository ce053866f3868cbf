// LearnDuplicateRule: has a rule learn its weights from stored resources, as a
// long-running operation of one step.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_DUPLICATE_LEARNING_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_DUPLICATE_LEARNING_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "crm/operational/v1/duplicate_rule_transitions.pb.h"
#include "shared/resource/operation_kind.h"

namespace crm::operational {

// From how many resources a rule learns at most: they are held at once.
inline constexpr int64_t kMaxLearntFrom = 20'000;

// Reads and learns outside of the transaction, which stores the model in the
// rule. A rule that was changed meanwhile is learnt again.
absl::StatusOr<StepCommit> LearnDuplicateRuleStep(
    const OperationStep& step, const v1::LearnDuplicateRuleRequest& request);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_DUPLICATE_LEARNING_H_

// The rules of assessments: answers that fit a rubric, and what they come to.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_ASSESSMENT_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_ASSESSMENT_H_

#include "absl/status/status.h"
#include "crm/analytical/v1/assessment.pb.h"
#include "crm/analytical/v1/rubric.pb.h"
#include "shared/reflect/rule_context.h"

namespace crm::analytical {

// Returns INVALID_ARGUMENT with a violation for each answer that repeats one,
// answers no question of the rubric, has more points than the best answer, or
// points though it says that the question is not applicable; once it is
// submitted, for each question that is open. FAILED_PRECONDITION:
// RUBRIC_NOT_ACTIVE for a new one by a rubric that is retired, and for one that
// is submitted by a rubric that is still a draft; ASSESSMENT_SUBMITTED if
// answers change after DRAFT.
absl::Status PrepareAssessment(const v1::Assessment* before,
                               v1::Assessment& after,
                               const RuleContext& context);

// Returns FAILED_PRECONDITION (ASSESSMENT_SUBMITTED) for all but drafts.
absl::Status CheckAssessmentDeletable(const v1::Assessment& assessment);

// Fills in the scores of the answers by the rubric: a dimension's is the
// weighted mean of the questions that are applicable, the assessment's that of
// the dimensions that have one, as they are shown.
void Score(const v1::Rubric& rubric, v1::Assessment& assessment);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_ASSESSMENT_H_

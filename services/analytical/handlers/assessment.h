// Custom methods of rubrics and assessments.

#ifndef CRM_SERVICES_ANALYTICAL_HANDLERS_ASSESSMENT_H_
#define CRM_SERVICES_ANALYTICAL_HANDLERS_ASSESSMENT_H_

#include "absl/status/statusor.h"
#include "crm/analytical/v1/assessment.pb.h"
#include "crm/analytical/v1/assessment_transitions.pb.h"
#include "crm/analytical/v1/rubric.pb.h"
#include "crm/analytical/v1/rubric_transitions.pb.h"
#include "shared/resource/read_view.h"
#include "shared/resource/transaction.h"

namespace crm::analytical {

// Stores a draft of the next revision. Errors as GetLive() and Revise().
absl::StatusOr<v1::Rubric> HandleReviseRubric(
    Transaction& transaction, const CallContext& call,
    const v1::ReviseRubricRequest& request);

// Scores an assessment, and supersedes the one whose place it takes. Beside the
// errors of Move(): FAILED_PRECONDITION (NOT_SCORED) if that one is not SCORED.
absl::StatusOr<v1::Assessment> HandleScoreAssessment(
    Transaction& transaction, const CallContext& call,
    const v1::ScoreAssessmentRequest& request);

// Scores an assessment again, beside the stored scores. Beside the errors of
// Get(): FAILED_PRECONDITION (NOT_SCORED) before it is scored.
absl::StatusOr<v1::VerifyAssessmentResponse> HandleVerifyAssessment(
    const ReadView& view, const CallContext& call,
    const v1::VerifyAssessmentRequest& request);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_HANDLERS_ASSESSMENT_H_

// Custom methods of enablement programs.

#ifndef CRM_SERVICES_ANALYTICAL_HANDLERS_ENABLEMENT_PROGRAM_H_
#define CRM_SERVICES_ANALYTICAL_HANDLERS_ENABLEMENT_PROGRAM_H_

#include "absl/status/statusor.h"
#include "crm/analytical/v1/enablement_program.pb.h"
#include "crm/analytical/v1/enablement_program_transitions.pb.h"
#include "shared/resource/read_view.h"
#include "shared/resource/transaction.h"

namespace crm::analytical {

// Counts the caller's answer; the program's event and audit entry say that he
// answered, not what. Errors as GetLive(), TeamOfAnswer() and CountAnswer().
absl::StatusOr<v1::AnswerSurveyResponse> HandleAnswerSurvey(
    Transaction& transaction, const CallContext& call,
    const v1::AnswerSurveyRequest& request);

// Tells how far the trainings are, and what closed surveys came to. Errors as
// Get(), and PERMISSION_DENIED (FIELD_HIDDEN) if the caller may not see who
// takes part.
absl::StatusOr<v1::MeasureEngagementResponse> HandleMeasureEngagement(
    const ReadView& view, const CallContext& call,
    const v1::MeasureEngagementRequest& request);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_HANDLERS_ENABLEMENT_PROGRAM_H_

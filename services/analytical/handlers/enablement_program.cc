#include "services/analytical/handlers/enablement_program.h"

#include <string>
#include <utility>
#include <vector>

#include "services/analytical/domain/declared/enablement_program.h"
#include "services/analytical/domain/declared/pulse.h"
#include "services/analytical/handlers/pulse_tallies.h"
#include "shared/base/status_macros.h"
#include "shared/resource/row_scan.h"

namespace crm::analytical {

using v1::EnablementProgram;

absl::StatusOr<v1::AnswerSurveyResponse> HandleAnswerSurvey(
    Transaction& transaction, const CallContext& call,
    const v1::AnswerSurveyRequest& request) {
  CRM_ASSIGN_OR_RETURN(
      EnablementProgram program,
      transaction.GetLive<EnablementProgram>(request.name(), request.etag()));
  CRM_ASSIGN_OR_RETURN(const std::string team,
                       TeamOfAnswer(program, call.principal.subject, request,
                                    transaction.now()));
  CRM_RETURN_IF_ERROR(CountAnswer(transaction.writer(),
                                  {.tenant = call.principal.tenant,
                                   .program_uid = program.uid(),
                                   .survey_id = request.survey_id()},
                                  call.principal.subject, team,
                                  request.points()));
  program.set_answer_count(program.answer_count() + 1);
  transaction.Update(program);
  return v1::AnswerSurveyResponse();
}

absl::StatusOr<v1::MeasureEngagementResponse> HandleMeasureEngagement(
    const ReadView& view, const CallContext& call,
    const v1::MeasureEngagementRequest& request) {
  const Resource& resource =
      *view.catalog().Find(EnablementProgram::descriptor());
  CRM_RETURN_IF_ERROR(CheckSummable(view, call, resource, "participants"));
  CRM_ASSIGN_OR_RETURN(const EnablementProgram program,
                       view.Get<EnablementProgram>(request.name()));
  v1::MeasureEngagementResponse response;
  response.set_min_group_size(program.min_group_size());
  AddCompletions(program, response);
  for (const EnablementProgram::Survey& survey : program.surveys()) {
    if (!IsClosed(survey, call.now)) {
      response.add_pulses()->set_survey_id(survey.survey_id());
      continue;
    }
    CRM_ASSIGN_OR_RETURN(
        std::vector<PulseTally> tallies,
        ReadTallies(view.reader(), {.tenant = call.principal.tenant,
                                    .program_uid = program.uid(),
                                    .survey_id = survey.survey_id()}));
    *response.add_pulses() =
        ResultOf(survey, std::move(tallies), program.min_group_size());
  }
  return response;
}

}  // namespace crm::analytical

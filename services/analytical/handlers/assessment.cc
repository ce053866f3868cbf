#include "services/analytical/handlers/assessment.h"

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/message_differencer.h"
#include "services/analytical/domain/frameworks/assessment.h"
#include "services/analytical/domain/frameworks/rubric.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {
namespace {

using google::protobuf::util::MessageDifferencer;

absl::Status NotScored(const v1::Assessment& assessment) {
  return FailedPrecondition(
      "NOT_SCORED",
      absl::StrCat("'", assessment.name(), "' is ",
                   v1::Assessment::State_Name(assessment.state()),
                   ", not SCORED."),
      assessment.name());
}

absl::Status Supersede(Transaction& transaction, const std::string& name) {
  CRM_ASSIGN_OR_RETURN(v1::Assessment earlier,
                       transaction.GetLive<v1::Assessment>(name));
  if (earlier.state() != v1::Assessment::SCORED) return NotScored(earlier);
  earlier.set_state(v1::Assessment::SUPERSEDED);
  *earlier.mutable_supersede_time() = ToTimestamp(transaction.now());
  transaction.Update(earlier);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::Rubric> HandleReviseRubric(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::ReviseRubricRequest& request) {
  CRM_ASSIGN_OR_RETURN(
      const v1::Rubric rubric,
      transaction.GetLive<v1::Rubric>(request.name(), request.etag()));
  CRM_ASSIGN_OR_RETURN(v1::Rubric draft, Revise(rubric));
  draft.set_name(transaction.NewName<v1::Rubric>());
  transaction.Create(draft);
  return draft;
}

absl::StatusOr<v1::Assessment> HandleScoreAssessment(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::ScoreAssessmentRequest& request) {
  CRM_ASSIGN_OR_RETURN(v1::Assessment assessment,
                       transaction.Move<v1::Assessment>(request));
  CRM_ASSIGN_OR_RETURN(const v1::Rubric rubric,
                       transaction.view().Get<v1::Rubric>(assessment.rubric()));
  Score(rubric, assessment);
  if (!assessment.supersedes().empty()) {
    CRM_RETURN_IF_ERROR(Supersede(transaction, assessment.supersedes()));
  }
  transaction.Update(assessment);
  return assessment;
}

absl::StatusOr<v1::VerifyAssessmentResponse> HandleVerifyAssessment(
    const ReadView& view, const CallContext& /*call*/,
    const v1::VerifyAssessmentRequest& request) {
  CRM_ASSIGN_OR_RETURN(const v1::Assessment stored,
                       view.Get<v1::Assessment>(request.name()));
  if (!stored.has_score_time()) return NotScored(stored);
  CRM_ASSIGN_OR_RETURN(const v1::Rubric rubric,
                       view.Get<v1::Rubric>(stored.rubric()));
  v1::Assessment again = stored;
  Score(rubric, again);
  v1::VerifyAssessmentResponse response;
  response.set_matches(MessageDifferencer::Equals(stored, again));
  *response.mutable_dimension_scores() = again.dimension_scores();
  response.set_has_score(again.has_score());
  response.set_score_millionths(again.score_millionths());
  response.set_coverage_millionths(again.coverage_millionths());
  return response;
}

}  // namespace crm::analytical

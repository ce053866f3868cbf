// Scores leads by the model that is active: with each write, again when enough
// has faded, and all of them after another model was activated.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_LEAD_SCORE_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_LEAD_SCORE_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crm/operational/v1/lead.pb.h"
#include "crm/operational/v1/lead_score.pb.h"
#include "crm/operational/v1/scoring_model.pb.h"
#include "crm/operational/v1/scoring_model_transitions.pb.h"
#include "shared/resource/read_view.h"
#include "shared/resource/timer_table.h"
#include "shared/resource/transaction.h"

namespace crm::operational {

// The timers that score one lead again, by its name, and all leads by a model,
// by the model's name.
inline constexpr char kLeadScoreTimer[] = "lead_score";
inline constexpr char kScoreAllTimer[] = "lead_score_all";

// Writes score and grade of `lead`, which is about to be stored, and has its
// timer set. Leads that are not open keep what they have; so do all without an
// active model.
absl::Status SettleScore(Transaction& transaction, v1::Lead& lead);

// Each serves the method of its request; see the proto for what it returns.
absl::StatusOr<v1::ExplainLeadScoreResponse> HandleExplainLeadScore(
    const ReadView& view, const CallContext& call,
    const v1::ExplainLeadScoreRequest& request);

absl::StatusOr<v1::ScoringModel> HandleActivateScoringModel(
    Transaction& transaction, const CallContext& call,
    const v1::ActivateScoringModelRequest& request);

// Scores the lead of the timer again.
absl::Status ScoreAgain(Transaction& transaction, const Timer& timer);

// Scores the next leads by the model of the timer.
absl::Status ScoreNextLeads(Transaction& transaction, const Timer& timer);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_LEAD_SCORE_H_

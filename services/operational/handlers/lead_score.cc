#include "services/operational/handlers/lead_score.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/operational/domain/lead_filter.h"
#include "services/operational/domain/lead_score.h"
#include "services/operational/domain/scoring_model.h"
#include "services/operational/handlers/lead_prediction.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/resource/custom_schemas.h"

namespace crm::operational {
namespace {

// The leads of one step, and the pause after it, so that other writes come
// first.
constexpr int64_t kBatch = 100;
constexpr absl::Duration kPause = absl::Milliseconds(20);

absl::StatusOr<std::optional<v1::ScoringModel>> ActiveModel(
    const ReadView& view) {
  CRM_ASSIGN_OR_RETURN(std::vector<v1::ScoringModel> active,
                       view.Select<v1::ScoringModel>("active_key", kActiveKey));
  if (active.empty()) return std::nullopt;
  return std::move(active.front());
}

// Writes `score` to `lead`. Returns whether that changes anything but the time.
bool Apply(const v1::ScoringModel& model, const LeadScore& score,
           absl::Time now, v1::Lead& lead) {
  const bool changes = lead.scoring_model() != model.name() ||
                       lead.score() != score.score ||
                       lead.grade() != score.grade;
  lead.set_scoring_model(model.name());
  lead.set_score(score.score);
  lead.set_grade(score.grade);
  *lead.mutable_score_time() = ToTimestamp(now);
  return changes;
}

void SetTimerOf(Transaction& transaction, const v1::Lead& lead,
                absl::Time due_time) {
  if (due_time == absl::InfiniteFuture()) {
    transaction.Unschedule(kLeadScoreTimer, lead.name());
  } else {
    transaction.Schedule(kLeadScoreTimer, lead.name(), due_time);
  }
}

// Scores a stored lead again, if its score is another one by now.
absl::Status Rescore(Transaction& transaction, const v1::ScoringModel& model,
                     const FindCustomField& fields, v1::Lead lead) {
  if (!IsOpen(lead)) return absl::OkStatus();
  const absl::Time now = transaction.now();
  const LeadScore score = ScoreLead(model, lead, now, fields);
  if (Apply(model, score, now, lead)) {
    transaction.Update(lead);
  } else {
    SetTimerOf(transaction, lead, NextScoreTime(model, score, now));
  }
  return transaction.status();
}

}  // namespace

absl::Status SettleScore(Transaction& transaction, v1::Lead& lead) {
  if (!IsOpen(lead)) {
    if (!lead.scoring_model().empty()) {
      transaction.Unschedule(kLeadScoreTimer, lead.name());
    }
    return absl::OkStatus();
  }
  CRM_ASSIGN_OR_RETURN(const auto model, ActiveModel(transaction.view()));
  if (!model.has_value()) return absl::OkStatus();
  CRM_ASSIGN_OR_RETURN(const auto schema, transaction.custom_schema());
  const absl::Time now = transaction.now();
  const LeadScore score = ScoreLead(*model, lead, now, schema->finder());
  const bool was_scored = !lead.scoring_model().empty();
  Apply(*model, score, now, lead);
  const absl::Time next = NextScoreTime(*model, score, now);
  if (was_scored || next != absl::InfiniteFuture()) {
    SetTimerOf(transaction, lead, next);
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::ExplainLeadScoreResponse> HandleExplainLeadScore(
    const ReadView& view, const CallContext& call,
    const v1::ExplainLeadScoreRequest& request) {
  CRM_ASSIGN_OR_RETURN(const v1::Lead lead, view.Get<v1::Lead>(request.name()));
  v1::ExplainLeadScoreResponse response;
  response.set_lead(lead.name());
  response.set_stored_score(lead.score());
  *response.mutable_compute_time() = ToTimestamp(call.now);
  if (request.include_prediction()) {
    CRM_ASSIGN_OR_RETURN(*response.mutable_prediction(),
                         PredictConversion(view, call, lead));
  }
  // The model is the service's, whoever asks.
  const ReadView whole(view.reader(), view.catalog(), view.tenant());
  CRM_ASSIGN_OR_RETURN(const auto model, ActiveModel(whole));
  if (!model.has_value()) return response;
  CRM_ASSIGN_OR_RETURN(const auto schema, view.catalog().custom_schemas().Find(
                                              view.reader(), view.tenant()));
  LeadScore score = ScoreLead(*model, lead, call.now, schema->finder());
  response.set_scoring_model(model->name());
  response.set_score(score.score);
  response.set_grade(std::move(score.grade));
  for (v1::ScoredTerm& term : score.terms) {
    *response.add_terms() = std::move(term);
  }
  return response;
}

absl::StatusOr<v1::ScoringModel> HandleActivateScoringModel(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::ActivateScoringModelRequest& request) {
  CRM_ASSIGN_OR_RETURN(v1::ScoringModel model,
                       transaction.Move<v1::ScoringModel>(request));
  CRM_ASSIGN_OR_RETURN(auto active, ActiveModel(transaction.view()));
  if (active.has_value()) {
    active->set_state(v1::ScoringModel::RETIRED);
    transaction.Unschedule(kScoreAllTimer, active->name());
    transaction.Update(*active);
  }
  transaction.Update(model);
  transaction.Schedule(kScoreAllTimer, model.name(), transaction.now());
  return model;
}

absl::Status ScoreAgain(Transaction& transaction, const Timer& timer) {
  auto lead = transaction.view().GetLive<v1::Lead>(timer.key);
  if (absl::IsNotFound(lead.status())) return absl::OkStatus();
  CRM_RETURN_IF_ERROR(lead.status());
  CRM_ASSIGN_OR_RETURN(const auto model, ActiveModel(transaction.view()));
  if (!model.has_value()) return absl::OkStatus();
  CRM_ASSIGN_OR_RETURN(const auto schema, transaction.custom_schema());
  return Rescore(transaction, *model, schema->finder(), *std::move(lead));
}

absl::Status ScoreNextLeads(Transaction& transaction, const Timer& timer) {
  CRM_ASSIGN_OR_RETURN(const auto model, ActiveModel(transaction.view()));
  if (!model.has_value() || model->name() != timer.key) return absl::OkStatus();
  CRM_ASSIGN_OR_RETURN(const auto schema, transaction.custom_schema());
  const Resource& leads =
      *transaction.view().catalog().Find(v1::Lead::descriptor());
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      transaction.writer().Query(
          absl::StrCat("SELECT name, body FROM ", leads.schema.table(),
                       " WHERE tenant = ? AND name > ? AND delete_time IS NULL "
                       "ORDER BY name LIMIT ?"),
          {timer.tenant, timer.payload, kBatch}));
  for (const SqlRow& row : rows) {
    v1::Lead lead;
    if (!lead.ParseFromString(std::get<SqlBlob>(row[1]).bytes)) {
      return Internal("ROW_UNREADABLE", "A stored row could not be read.");
    }
    CRM_RETURN_IF_ERROR(
        Rescore(transaction, *model, schema->finder(), std::move(lead)));
  }
  if (static_cast<int64_t>(rows.size()) == kBatch) {
    transaction.Schedule(kScoreAllTimer, timer.key, transaction.now() + kPause,
                         std::get<std::string>(rows.back()[0]));
  }
  return transaction.status();
}

}  // namespace crm::operational

#include "services/analytical/handlers/rfm.h"

#include <utility>

#include "services/analytical/domain/rfm_messages.h"
#include "services/analytical/handlers/new_resource.h"
#include "services/analytical/handlers/score_blocks.h"
#include "services/analytical/handlers/scored_resource.h"
#include "services/analytical/projections/analyses.h"
#include "shared/base/errors.h"
#include "shared/resource/standard_fields.h"

namespace crm::analytical {
namespace {

absl::StatusOr<RfmAnswer> Analyze(Analytics& analytics, const CallContext& call,
                                  const v1::RfmSnapshot& snapshot,
                                  absl::Time now) {
  RfmQuestion question{.tenant = call.principal.tenant,
                       .currency = snapshot.currency_code()};
  if (snapshot.has_as_of_time()) {
    question.as_of = FromTimestamp(snapshot.as_of_time());
  }
  const absl::Duration start = analytics.clock.Monotonic();
  CRM_ASSIGN_OR_RETURN(
      RfmAnswer answer,
      AnalyzeRfm(analytics.warehouse, question, now, call.deadline));
  analytics.rfm_seconds.Observe(
      absl::ToDoubleSeconds(analytics.clock.Monotonic() - start));
  if (answer.analysis.scores.empty()) {
    return FailedPrecondition(
        "NO_ORDERS",
        "No order counts. Confirm orders, or ask for another time or currency.",
        "rfmSnapshots");
  }
  return answer;
}

absl::Status FillSnapshot(RfmAnswer& answer, v1::RfmSnapshot& snapshot) {
  CRM_ASSIGN_OR_RETURN(*snapshot.mutable_bands(),
                       ToBands(answer.analysis.thresholds, answer.currency));
  snapshot.set_currency_code(answer.currency);
  *snapshot.mutable_as_of_time() = ToTimestamp(answer.as_of);
  snapshot.set_customer_count(
      static_cast<int64_t>(answer.analysis.scores.size()));
  *snapshot.mutable_freshness() = std::move(answer.freshness);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<PreparedRfm> PrepareRfmSnapshot(
    Analytics& analytics, const CallContext& call,
    const v1::CreateRfmSnapshotRequest& request) {
  PreparedRfm prepared{.snapshot = request.rfm_snapshot(), .scores = {}};
  ClearOutputOnly(prepared.snapshot);
  CRM_ASSIGN_OR_RETURN(RfmAnswer answer,
                       Analyze(analytics, call, prepared.snapshot, call.now));
  for (const CustomerScore& score : answer.analysis.scores) {
    CRM_ASSIGN_OR_RETURN(prepared.scores.emplace_back(),
                         ToRfmScore(score, answer.currency));
  }
  CRM_RETURN_IF_ERROR(FillSnapshot(answer, prepared.snapshot));
  return prepared;
}

absl::StatusOr<v1::RfmSnapshot> HandleCreateRfmSnapshot(
    const PreparedRfm& prepared, Transaction& transaction,
    const CallContext& call, const v1::CreateRfmSnapshotRequest& request) {
  CRM_ASSIGN_OR_RETURN(const v1::RfmSnapshot named,
                       MakeRequested<v1::RfmSnapshot>(transaction, request));
  v1::RfmSnapshot snapshot = prepared.snapshot;
  snapshot.set_name(named.name());
  transaction.Create(snapshot);
  CRM_RETURN_IF_ERROR(transaction.status());
  CRM_RETURN_IF_ERROR(StoreScores<v1::ListRfmScoresResponse>(
      transaction.writer(),
      {kRfmScoreBlocks, call.principal.tenant, snapshot.uid()},
      prepared.scores));
  return snapshot;
}

absl::StatusOr<google::protobuf::Empty> HandleDeleteRfmSnapshot(
    Transaction& transaction, const CallContext& call,
    const v1::DeleteRfmSnapshotRequest& request) {
  return DeleteWithScores<v1::RfmSnapshot>(transaction, call, kRfmScoreBlocks,
                                           request);
}

absl::StatusOr<v1::ListRfmScoresResponse> HandleListRfmScores(
    Analytics& analytics, const ReadView& view, const CallContext& call,
    const v1::ListRfmScoresRequest& request) {
  return ListScores<v1::RfmSnapshot, v1::ListRfmScoresResponse>(
      analytics, view, call, kRfmScoreBlocks, "ListRfmScores", request);
}

}  // namespace crm::analytical

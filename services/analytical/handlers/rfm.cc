#include "services/analytical/handlers/rfm.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/analytical/domain/rfm_messages.h"
#include "services/analytical/handlers/new_resource.h"
#include "services/analytical/handlers/score_blocks.h"
#include "services/analytical/projections/analyses.h"
#include "shared/base/errors.h"
#include "shared/query/page_size.h"
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

// What must be the same when a page token comes back.
std::string TokenBinding(const CallContext& call,
                         const v1::RfmSnapshot& snapshot) {
  return absl::StrJoin({call.principal.tenant, call.principal.subject,
                        std::string("ListRfmScores"), snapshot.uid()},
                       "\n");
}

absl::StatusOr<int64_t> ReadPosition(const PageTokenCodec& codec,
                                     const std::string& token,
                                     const std::string& binding) {
  if (token.empty()) return 0;
  CRM_ASSIGN_OR_RETURN(const std::string state, codec.Decode(token, binding));
  int64_t position = 0;
  if (!absl::SimpleAtoi(state, &position) || position < 0) {
    return Internal("PAGE_TOKEN_STATE", "A page token holds no position.");
  }
  return position;
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
  CRM_RETURN_IF_ERROR(StoreScores(transaction.writer(),
                                  {call.principal.tenant, snapshot.uid()},
                                  prepared.scores));
  return snapshot;
}

absl::StatusOr<google::protobuf::Empty> HandleDeleteRfmSnapshot(
    Transaction& transaction, const CallContext& call,
    const v1::DeleteRfmSnapshotRequest& request) {
  const absl::StatusOr<v1::RfmSnapshot> snapshot =
      transaction.view().Get<v1::RfmSnapshot>(request.name());
  const Resource& resource =
      *transaction.view().catalog().Find(v1::RfmSnapshot::descriptor());
  CRM_RETURN_IF_ERROR(ApplyStandard(transaction, Verb::kDelete, resource,
                                    request,
                                    google::protobuf::Empty::descriptor())
                          .status());
  CRM_RETURN_IF_ERROR(transaction.status());
  // With allow_missing there may have been none.
  if (snapshot.ok()) {
    CRM_RETURN_IF_ERROR(RemoveScores(transaction.writer(),
                                     {call.principal.tenant, snapshot->uid()}));
  }
  return google::protobuf::Empty();
}

absl::StatusOr<v1::ListRfmScoresResponse> HandleListRfmScores(
    Analytics& analytics, const ReadView& view, const CallContext& call,
    const v1::ListRfmScoresRequest& request) {
  CRM_ASSIGN_OR_RETURN(const v1::RfmSnapshot snapshot,
                       view.GetLive<v1::RfmSnapshot>(request.name()));
  CRM_ASSIGN_OR_RETURN(const int32_t page_size,
                       ResolvePageSize(request.page_size()));
  const std::string binding = TokenBinding(call, snapshot);
  CRM_ASSIGN_OR_RETURN(
      const int64_t begin,
      ReadPosition(analytics.page_tokens, request.page_token(), binding));

  CRM_ASSIGN_OR_RETURN(
      std::vector<v1::RfmScore> scores,
      ReadScores(view.reader(), {view.tenant(), snapshot.uid()}, begin,
                 page_size));
  v1::ListRfmScoresResponse response;
  for (v1::RfmScore& score : scores) *response.add_scores() = std::move(score);
  const int64_t end = begin + response.scores_size();
  if (end < snapshot.customer_count()) {
    CRM_ASSIGN_OR_RETURN(
        *response.mutable_next_page_token(),
        analytics.page_tokens.Encode(absl::StrCat(end), binding));
  }
  return response;
}

}  // namespace crm::analytical

#include "services/analytical/handlers/clv.h"

#include <optional>
#include <utility>

#include "services/analytical/domain/clv/bg_nbd.h"
#include "services/analytical/domain/clv/clv_messages.h"
#include "services/analytical/domain/clv/gamma_gamma.h"
#include "services/analytical/domain/clv/purchase_forecast.h"
#include "services/analytical/handlers/new_resource.h"
#include "services/analytical/handlers/score_blocks.h"
#include "services/analytical/handlers/scored_resource.h"
#include "services/analytical/projections/analyses.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/resource/standard_fields.h"
#include "shared/storage/statement_errors.h"

namespace crm::analytical {
namespace {

constexpr absl::string_view kBgNbdSymbols[] = {"r", "alpha", "a", "b"};
constexpr absl::string_view kGammaGammaSymbols[] = {"p", "q", "gamma"};

// The customers that are scored between two looks at the clock.
constexpr size_t kScoresAtATime = 1'000;

constexpr double kMillion = 1e6;

absl::StatusOr<HistoriesAnswer> Read(Analytics& analytics,
                                     const CallContext& call,
                                     const v1::ClvModel& model) {
  RfmQuestion question{.tenant = call.principal.tenant,
                       .currency = model.currency_code()};
  if (model.has_as_of_time()) {
    question.as_of = FromTimestamp(model.as_of_time());
  }
  CRM_ASSIGN_OR_RETURN(
      HistoriesAnswer answer,
      ReadHistories(analytics.warehouse, question, call.now, call.deadline));
  if (answer.histories.empty()) {
    return FailedPrecondition(
        "NO_ORDERS",
        "No order counts. Confirm orders, or ask for another time or currency.",
        "clvModels");
  }
  if (static_cast<int64_t>(answer.histories.size()) > kMaxClvCustomers) {
    return FailedPrecondition(
        "TOO_MANY_CUSTOMERS",
        "A model is fitted to at most 1000000 customers. Ask for an earlier "
        "time or another currency.",
        "clvModels");
  }
  return answer;
}

std::vector<PurchaseSummary> SummarizeAll(const HistoriesAnswer& answer) {
  const int64_t as_of_day =
      absl::ToCivilDay(answer.as_of, absl::UTCTimeZone()) -
      absl::CivilDay(1970, 1, 1);
  std::vector<PurchaseSummary> customers;
  customers.reserve(answer.histories.size());
  for (const PurchaseHistory& history : answer.histories) {
    customers.push_back(Summarize(history, as_of_day, kDaysPerWeek));
  }
  return customers;
}

// Says of each customer what the fits tell.
class Scorer {
 public:
  Scorer(const v1::ClvModel& model, const LikelihoodFit& purchases,
         const LikelihoodFit& values) {
    if (purchases.verdict == FitVerdict::kConverged) {
      forecaster_.emplace(
          BgNbdOf(purchases),
          DiscountedPeriods{
              .count = model.horizon_months(),
              .length = kWeeksPerMonth,
              .discount_rate = model.monthly_discount_millionths() / kMillion});
    }
    if (values.verdict == FitVerdict::kConverged) {
      values_ = GammaGammaOf(values);
    }
  }

  LifetimeValue Score(const PurchaseSummary& customer) {
    LifetimeValue value;
    if (forecaster_.has_value()) {
      value.forecast = forecaster_->Forecast(customer.times);
    }
    if (values_.has_value()) {
      value.expected_value = ExpectedValue(*values_, customer);
    }
    return value;
  }

 private:
  std::optional<PurchaseForecaster> forecaster_;
  std::optional<GammaGamma> values_;
};

}  // namespace

absl::StatusOr<PreparedClv> PrepareClvModel(
    Analytics& analytics, const CallContext& call,
    const v1::CreateClvModelRequest& request) {
  PreparedClv prepared{.model = request.clv_model(), .scores = {}};
  v1::ClvModel& model = prepared.model;
  ClearOutputOnly(model);
  if (model.horizon_months() == 0) {
    model.set_horizon_months(kDefaultHorizonMonths);
  }
  CRM_ASSIGN_OR_RETURN(HistoriesAnswer answer, Read(analytics, call, model));
  const std::vector<PurchaseSummary> customers = SummarizeAll(answer);
  const LikelihoodFit purchases = FitBgNbd(WeighTimes(customers));
  const LikelihoodFit values = FitGammaGamma(customers);

  model.set_currency_code(answer.currency);
  *model.mutable_as_of_time() = ToTimestamp(answer.as_of);
  model.set_customer_count(static_cast<int64_t>(customers.size()));
  *model.mutable_purchase_fit() = ToClvFit(purchases, kBgNbdSymbols);
  *model.mutable_value_fit() = ToClvFit(values, kGammaGammaSymbols);
  model.set_value_correlation(ValueCorrelation(customers).value_or(0));
  model.set_data_fingerprint(Fingerprint(answer.histories));
  *model.mutable_freshness() = std::move(answer.freshness);

  Scorer scorer(model, purchases, values);
  prepared.scores.reserve(customers.size());
  for (size_t i = 0; i < customers.size(); ++i) {
    if (i % kScoresAtATime == 0 && analytics.clock.Now() >= call.deadline) {
      return ReadInterrupted();
    }
    CRM_ASSIGN_OR_RETURN(
        prepared.scores.emplace_back(),
        ToClvScore(answer.histories[i], customers[i],
                   scorer.Score(customers[i]), answer.currency));
  }
  CRM_RETURN_IF_ERROR(SetTiers(model, prepared.scores));
  return prepared;
}

absl::StatusOr<v1::ClvModel> HandleCreateClvModel(
    const PreparedClv& prepared, Transaction& transaction,
    const CallContext& call, const v1::CreateClvModelRequest& request) {
  CRM_ASSIGN_OR_RETURN(const v1::ClvModel named,
                       MakeRequested<v1::ClvModel>(transaction, request));
  v1::ClvModel model = prepared.model;
  model.set_name(named.name());
  transaction.Create(model);
  CRM_RETURN_IF_ERROR(transaction.status());
  CRM_RETURN_IF_ERROR(StoreScores<v1::ListClvScoresResponse>(
      transaction.writer(),
      {kClvScoreBlocks, call.principal.tenant, model.uid()}, prepared.scores));
  return model;
}

absl::StatusOr<google::protobuf::Empty> HandleDeleteClvModel(
    Transaction& transaction, const CallContext& call,
    const v1::DeleteClvModelRequest& request) {
  return DeleteWithScores<v1::ClvModel>(transaction, call, kClvScoreBlocks,
                                        request);
}

absl::StatusOr<v1::ListClvScoresResponse> HandleListClvScores(
    Analytics& analytics, const ReadView& view, const CallContext& call,
    const v1::ListClvScoresRequest& request) {
  return ListScores<v1::ClvModel, v1::ListClvScoresResponse>(
      analytics, view, call, kClvScoreBlocks, "ListClvScores", request);
}

}  // namespace crm::analytical

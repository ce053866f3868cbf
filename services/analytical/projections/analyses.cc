#include "services/analytical/projections/analyses.h"

#include <utility>

#include "google/protobuf/timestamp.pb.h"
#include "services/analytical/domain/currency.h"
#include "services/analytical/domain/portfolio.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {
namespace {

// Scores the customers in `currency`; `selection` holds no order after the
// question's instant.
absl::StatusOr<RfmAnswer> Score(SqlReader& reader,
                                const OrderSelection& selection,
                                std::optional<absl::Time> as_of,
                                std::string currency, absl::Time now) {
  RfmAnswer answer;
  answer.currency = std::move(currency);
  CRM_ASSIGN_OR_RETURN(const std::vector<CustomerTotals> totals,
                       ReadCustomerTotals(reader, selection, answer.currency));
  answer.as_of = as_of.value_or(NewestOrderTime(totals));
  answer.analysis = ScoreRfm(totals, answer.as_of);
  CRM_ASSIGN_OR_RETURN(answer.freshness,
                       ReadFreshness(reader, selection.tenant, now));
  return answer;
}

OrderSelection SelectionOf(const RfmQuestion& question) {
  OrderSelection selection{.tenant = question.tenant};
  if (question.as_of.has_value()) {
    // An order at the instant itself counts; times are whole microseconds.
    selection.end_time = *question.as_of + absl::Microseconds(1);
  }
  return selection;
}

absl::StatusOr<OrderSelection> SelectionOf(
    const std::string& tenant, const v1::PortfolioAnalysis& analysis) {
  OrderSelection selection{.tenant = tenant};
  if (analysis.has_start_time()) {
    selection.start_time = FromTimestamp(analysis.start_time());
  }
  if (analysis.has_end_time()) {
    selection.end_time = FromTimestamp(analysis.end_time());
  }
  if (selection.start_time.has_value() && selection.end_time.has_value() &&
      *selection.start_time >= *selection.end_time) {
    return BadField("end_time", "must be after start_time.");
  }
  return selection;
}

}  // namespace

absl::StatusOr<RfmAnswer> AnalyzeRfm(Warehouse& warehouse,
                                     const RfmQuestion& question,
                                     absl::Time now, absl::Time deadline) {
  const OrderSelection selection = SelectionOf(question);
  RfmAnswer answer;
  CRM_RETURN_IF_ERROR(
      warehouse.Read(deadline, [&](SqlReader& reader) -> absl::Status {
        CRM_ASSIGN_OR_RETURN(const std::vector<CurrencyUse> used,
                             ReadCurrencies(reader, selection));
        CRM_ASSIGN_OR_RETURN(std::string currency,
                             ChooseCurrency(question.currency, used));
        CRM_ASSIGN_OR_RETURN(answer, Score(reader, selection, question.as_of,
                                           std::move(currency), now));
        return absl::OkStatus();
      }));
  return answer;
}

absl::StatusOr<CustomerScores> ScoreCustomers(Warehouse& warehouse,
                                              const std::string& tenant,
                                              absl::Time now,
                                              absl::Time deadline) {
  const OrderSelection selection{.tenant = tenant};
  CustomerScores scores;
  CRM_RETURN_IF_ERROR(
      warehouse.Read(deadline, [&](SqlReader& reader) -> absl::Status {
        CRM_ASSIGN_OR_RETURN(const std::vector<CurrencyUse> used,
                             ReadCurrencies(reader, selection));
        CRM_ASSIGN_OR_RETURN(scores.rfm, Score(reader, selection, std::nullopt,
                                               MainCurrency(used), now));
        CRM_ASSIGN_OR_RETURN(scores.applied,
                             ReadAppliedCustomers(reader, tenant));
        return absl::OkStatus();
      }));
  return scores;
}

absl::StatusOr<HistoriesAnswer> ReadHistories(Warehouse& warehouse,
                                              const RfmQuestion& question,
                                              absl::Time now,
                                              absl::Time deadline) {
  const OrderSelection selection = SelectionOf(question);
  HistoriesAnswer answer;
  CRM_RETURN_IF_ERROR(
      warehouse.Read(deadline, [&](SqlReader& reader) -> absl::Status {
        CRM_ASSIGN_OR_RETURN(const std::vector<CurrencyUse> used,
                             ReadCurrencies(reader, selection));
        CRM_ASSIGN_OR_RETURN(answer.currency,
                             ChooseCurrency(question.currency, used));
        CRM_ASSIGN_OR_RETURN(
            answer.histories,
            ReadPurchaseHistories(reader, selection, answer.currency));
        CRM_ASSIGN_OR_RETURN(
            const std::optional<absl::Time> newest,
            ReadNewestOrderTime(reader, selection, answer.currency));
        answer.as_of = question.as_of.value_or(newest.value_or(now));
        CRM_ASSIGN_OR_RETURN(answer.freshness,
                             ReadFreshness(reader, question.tenant, now));
        return absl::OkStatus();
      }));
  return answer;
}

absl::Status AnalyzePortfolio(Warehouse& warehouse, const std::string& tenant,
                              absl::Time now, absl::Time deadline,
                              v1::PortfolioAnalysis& analysis) {
  CRM_ASSIGN_OR_RETURN(const OrderSelection selection,
                       SelectionOf(tenant, analysis));
  if (analysis.top_fraction_millionths() == 0) {
    analysis.set_top_fraction_millionths(kDefaultTopMillionths);
  }
  std::vector<CustomerTotals> totals;
  CRM_RETURN_IF_ERROR(
      warehouse.Read(deadline, [&](SqlReader& reader) -> absl::Status {
        CRM_ASSIGN_OR_RETURN(const std::vector<CurrencyUse> used,
                             ReadCurrencies(reader, selection));
        CRM_ASSIGN_OR_RETURN(*analysis.mutable_currency_code(),
                             ChooseCurrency(analysis.currency_code(), used));
        CRM_ASSIGN_OR_RETURN(
            totals,
            ReadCustomerTotals(reader, selection, analysis.currency_code()));
        CRM_ASSIGN_OR_RETURN(*analysis.mutable_freshness(),
                             ReadFreshness(reader, tenant, now));
        return absl::OkStatus();
      }));
  if (!totals.empty()) {
    *analysis.mutable_as_of_time() = ToTimestamp(NewestOrderTime(totals));
  }
  return FillConcentration(
      MeasureConcentration(totals, analysis.top_fraction_millionths()),
      analysis.currency_code(), analysis);
}

}  // namespace crm::analytical

#include "services/analytical/projections/metric_facts.h"

#include <cstdint>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/analytical/domain/portfolio.h"
#include "services/analytical/projections/order_facts.h"
#include "shared/base/clock.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {
namespace {

using v1::Metric;

// The condition of the orders in a selection and, if there is one, a currency.
SqlFragment ConditionIn(const OrderSelection& selection,
                        const std::string& currency) {
  SqlFragment condition = OrderCondition(selection);
  if (!currency.empty()) {
    condition.text += " AND currency = ?";
    condition.params.push_back(currency);
  }
  return condition;
}

// Returns the one number that `sql` selects.
absl::StatusOr<int64_t> ReadNumber(SqlReader& reader, const std::string& sql,
                                   const std::vector<SqlValue>& params) {
  CRM_ASSIGN_OR_RETURN(const SqlRows rows, reader.Query(sql, params));
  return std::get<int64_t>(rows[0][0]);
}

// Reads what every metric shows, the sums of the window.
absl::Status ReadSums(SqlReader& reader, const SqlFragment& condition,
                      MetricFacts& facts) {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query(absl::StrCat("SELECT COUNT(*), COUNT(DISTINCT customer), "
                                "CAST(SUM(amount) AS TEXT) FROM orders WHERE ",
                                condition.text),
                   condition.params));
  facts.order_count = std::get<int64_t>(rows[0][0]);
  facts.customer_count = std::get<int64_t>(rows[0][1]);
  if (facts.order_count == 0) return absl::OkStatus();
  CRM_ASSIGN_OR_RETURN(facts.revenue,
                       FromDecimal(std::get<std::string>(rows[0][2])));
  return absl::OkStatus();
}

// Whether there is any order of the selection, or one before it.
absl::StatusOr<bool> HasOrders(SqlReader& reader, OrderSelection selection,
                               const std::string& currency) {
  selection.start_time.reset();
  const SqlFragment condition = ConditionIn(selection, currency);
  CRM_ASSIGN_OR_RETURN(const SqlRows rows,
                       reader.Query(absl::StrCat("SELECT 1 FROM orders WHERE ",
                                                 condition.text, " LIMIT 1"),
                                    condition.params));
  return !rows.empty();
}

absl::StatusOr<int64_t> CountNewCustomers(SqlReader& reader,
                                          OrderSelection selection,
                                          const std::string& currency) {
  const absl::Time start = *selection.start_time;
  selection.start_time.reset();
  SqlFragment condition = ConditionIn(selection, currency);
  condition.params.push_back(absl::ToUnixMicros(start));
  return ReadNumber(
      reader,
      absl::StrCat("SELECT COUNT(*) FROM (SELECT customer, MIN(order_time) AS "
                   "first_time FROM orders WHERE ",
                   condition.text,
                   " GROUP BY customer) AS firsts WHERE first_time >= ?"),
      condition.params);
}

absl::StatusOr<int64_t> CountRepeatCustomers(SqlReader& reader,
                                             const SqlFragment& condition) {
  return ReadNumber(
      reader,
      absl::StrCat("SELECT COUNT(*) FROM (SELECT customer FROM orders WHERE ",
                   condition.text,
                   " GROUP BY customer HAVING COUNT(*) > 1) AS repeated"),
      condition.params);
}

absl::Status ReadTopRevenue(SqlReader& reader, const OrderSelection& selection,
                            const Metric& metric, MetricFacts& facts) {
  CRM_ASSIGN_OR_RETURN(
      const std::vector<CustomerTotals> totals,
      ReadCustomerTotals(reader, selection, metric.currency_code()));
  const int32_t fraction = metric.top_fraction_millionths() == 0
                               ? kDefaultTopMillionths
                               : metric.top_fraction_millionths();
  const Concentration concentration = MeasureConcentration(totals, fraction);
  facts.top_revenue = concentration.top_revenue;
  facts.ranked_revenue = concentration.total_revenue;
  return absl::OkStatus();
}

absl::StatusOr<MetricFacts> ReadFacts(SqlReader& reader,
                                      const OrderSelection& selection,
                                      const Metric& metric) {
  const std::string& currency = metric.currency_code();
  const SqlFragment condition = ConditionIn(selection, currency);
  MetricFacts facts;
  CRM_RETURN_IF_ERROR(ReadSums(reader, condition, facts));
  facts.has_orders = facts.order_count > 0;
  if (!facts.has_orders && IsTotal(metric.kind())) {
    CRM_ASSIGN_OR_RETURN(facts.has_orders,
                         HasOrders(reader, selection, currency));
  }
  if (facts.order_count == 0) return facts;
  if (metric.kind() == Metric::NEW_CUSTOMERS) {
    CRM_ASSIGN_OR_RETURN(facts.new_customer_count,
                         CountNewCustomers(reader, selection, currency));
  }
  if (metric.kind() == Metric::REPEAT_RATE) {
    CRM_ASSIGN_OR_RETURN(facts.repeat_customer_count,
                         CountRepeatCustomers(reader, condition));
  }
  if (metric.kind() == Metric::TOP_CUSTOMER_SHARE) {
    CRM_RETURN_IF_ERROR(ReadTopRevenue(reader, selection, metric, facts));
  }
  return facts;
}

}  // namespace

absl::StatusOr<v1::MetricValue> MeasureMetric(SqlReader& reader,
                                              const MetricScope& scope,
                                              const Metric& metric,
                                              const MetricWindow& window) {
  v1::MetricValue value;
  *value.mutable_start_time() = ToTimestamp(window.start);
  *value.mutable_end_time() = ToTimestamp(window.end);
  if (window.start >= window.end) return value;
  CRM_ASSIGN_OR_RETURN(const MetricFacts facts,
                       ReadFacts(reader,
                                 {.tenant = scope.tenant,
                                  .start_time = window.start,
                                  .end_time = window.end,
                                  .customers = scope.customers},
                                 metric));
  value.set_order_count(facts.order_count);
  value.set_customer_count(facts.customer_count);
  CRM_ASSIGN_OR_RETURN(const std::optional<int64_t> millionths,
                       ValueOf(metric.kind(), facts));
  value.set_has_value(millionths.has_value());
  value.set_value_millionths(millionths.value_or(0));
  return value;
}

}  // namespace crm::analytical

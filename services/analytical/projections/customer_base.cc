#include "services/analytical/projections/customer_base.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/analytical/domain/frameworks/months.h"
#include "services/analytical/domain/frameworks/steadiness.h"
#include "services/analytical/projections/customer_facts.h"
#include "services/analytical/projections/order_facts.h"
#include "shared/base/money.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {
namespace {

constexpr size_t kMostMonths = 60;
constexpr absl::Duration kMicrosecond = absl::Microseconds(1);

google::type::Date DateOf(const Month& month) {
  const absl::CivilMonth civil =
      absl::ToCivilMonth(month.start, absl::UTCTimeZone());
  google::type::Date date;
  date.set_year(static_cast<int>(civil.year()));
  date.set_month(civil.month());
  date.set_day(1);
  return date;
}

// The orders of the tenant up to the end of the question.
SqlFragment OrdersUpToEnd(const MeasureQuestion& question,
                          absl::string_view currency) {
  return OrderCondition({.tenant = question.tenant,
                         .end_time = question.end + kMicrosecond,
                         .segment = question.segment,
                         .currency = std::string(currency)});
}

absl::Status AddCohorts(SqlReader& reader, const MeasureQuestion& question,
                        v1::CustomerBase& base) {
  const int64_t last = MonthNumber(question.end);
  std::vector<Month> months;
  for (int64_t number = last + 1 - int64_t{kMostMonths}; number <= last;
       ++number) {
    months.push_back(MonthOf(number));
  }
  const SqlFragment orders = OrdersUpToEnd(question, base.currency_code());
  const std::string table = MonthTable(months);
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query(
          absl::StrCat(
              "WITH counted AS (SELECT customer, order_time FROM orders WHERE ",
              orders.text,
              "), firsts AS (SELECT customer, MIN(order_time) AS first_time "
              "FROM counted GROUP BY customer), active AS (SELECT DISTINCT "
              "customer, month_number FROM counted JOIN ",
              table,
              " ON order_time >= month_start AND order_time < month_end) "
              "SELECT month.month_number, active.month_number, COUNT(*) FROM "
              "firsts JOIN ",
              table,
              " ON first_time >= month_start AND first_time < month_end JOIN "
              "active ON active.customer = firsts.customer GROUP BY "
              "month.month_number, active.month_number ORDER BY "
              "month.month_number, active.month_number"),
          orders.params));
  std::map<int64_t, std::map<int64_t, int64_t>> cohorts;
  for (const SqlRow& row : rows) {
    cohorts[std::get<int64_t>(row[0])][std::get<int64_t>(row[1])] =
        std::get<int64_t>(row[2]);
  }
  for (const auto& [number, active] : cohorts) {
    v1::RetentionCohort& cohort = *base.add_cohorts();
    *cohort.mutable_month() = DateOf(MonthOf(number));
    // All of them ordered in their first month.
    cohort.set_customer_count(active.begin()->second);
    for (int64_t month = number; month <= last; ++month) {
      const auto found = active.find(month);
      cohort.add_active_counts(found == active.end() ? 0 : found->second);
    }
  }
  return absl::OkStatus();
}

absl::Status AddSales(SqlReader& reader, const MeasureQuestion& question,
                      v1::CustomerBase& base) {
  const std::vector<Month> months =
      WholeMonths(question.start, question.end, kMostMonths);
  if (months.empty()) return absl::OkStatus();
  const SqlFragment orders = OrdersUpToEnd(question, base.currency_code());
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query(
          absl::StrCat("SELECT month_number, COUNT(*), CAST(SUM(amount) AS "
                       "TEXT) FROM ",
                       MonthTable(months),
                       " JOIN orders ON order_time >= month_start AND "
                       "order_time < month_end WHERE ",
                       orders.text,
                       " GROUP BY month_number ORDER BY month_number"),
          orders.params));
  std::map<int64_t, std::pair<int64_t, absl::int128>> sales;
  for (const SqlRow& row : rows) {
    CRM_ASSIGN_OR_RETURN(const absl::int128 nanos,
                         FromDecimal(std::get<std::string>(row[2])));
    sales[std::get<int64_t>(row[0])] = {std::get<int64_t>(row[1]), nanos};
  }
  std::vector<double> amounts;
  for (const Month& month : months) {
    const auto& [count, nanos] = sales[month.number];
    v1::MonthlySales& sold = *base.add_sales();
    *sold.mutable_month() = DateOf(month);
    sold.set_order_count(count);
    CRM_ASSIGN_OR_RETURN(*sold.mutable_revenue(),
                         FromNanos(base.currency_code(), nanos));
    amounts.push_back(static_cast<double>(nanos) / double{kNanosPerUnit});
  }
  const Steadiness steadiness = MeasureSteadiness(amounts);
  base.set_mean_sales(steadiness.mean);
  base.set_sales_variance(steadiness.variance);
  base.set_sales_variation(steadiness.variation);
  return absl::OkStatus();
}

}  // namespace

absl::Status FillCustomerBase(SqlReader& reader,
                              const MeasureQuestion& question,
                              v1::CustomerBase& base) {
  CRM_ASSIGN_OR_RETURN(const Orderers orderers,
                       ReadOrderers(reader, question, base.currency_code()));
  base.set_new_customer_count(orderers.added);
  base.set_ordering_customer_count(orderers.now);
  base.set_earlier_customer_count(orderers.earlier);
  base.set_retained_customer_count(orderers.retained);
  base.set_repeat_customer_count(orderers.repeated);
  CRM_ASSIGN_OR_RETURN(const int64_t pairs,
                       CountCustomerProducts(
                           reader, {.tenant = question.tenant,
                                    .start_time = question.start + kMicrosecond,
                                    .end_time = question.end + kMicrosecond,
                                    .segment = question.segment,
                                    .currency = base.currency_code()}));
  base.set_customer_product_count(pairs);
  if (orderers.now > 0) {
    const auto now = static_cast<double>(orderers.now);
    base.set_repeat_rate(static_cast<double>(orderers.repeated) / now);
    base.set_products_per_customer(static_cast<double>(pairs) / now);
  }
  CRM_RETURN_IF_ERROR(AddCohorts(reader, question, base));
  return AddSales(reader, question, base);
}

absl::StatusOr<RetentionFacts> ReadRetentionFacts(
    SqlReader& reader, const MeasureQuestion& question,
    absl::string_view currency) {
  CRM_ASSIGN_OR_RETURN(const Orderers orderers,
                       ReadOrderers(reader, question, currency));
  RetentionFacts facts{.earlier = orderers.earlier,
                       .retained = orderers.retained,
                       .ordering = orderers.now};
  if (facts.ordering == 0) return facts;
  SqlFragment orders = OrdersUpToEnd(question, currency);
  orders.params.push_back(absl::ToUnixMicros(question.start));
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query(
          absl::StrCat("SELECT CAST(SUM(amount) AS TEXT) FROM orders WHERE ",
                       orders.text, " AND order_time > ?"),
          orders.params));
  CRM_ASSIGN_OR_RETURN(facts.revenue,
                       FromDecimal(std::get<std::string>(rows[0][0])));
  return facts;
}

}  // namespace crm::analytical

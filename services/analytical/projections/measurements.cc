#include "services/analytical/projections/measurements.h"

#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/analytical/domain/currency.h"
#include "services/analytical/domain/frameworks/metrics.h"
#include "services/analytical/domain/frameworks/months.h"
#include "services/analytical/domain/frameworks/weighted_mean.h"
#include "services/analytical/domain/portfolio.h"
#include "services/analytical/projections/customer_facts.h"
#include "services/analytical/projections/order_facts.h"
#include "shared/base/errors.h"
#include "shared/base/money.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {
namespace {

constexpr int64_t kMicrosPerDay = 86'400'000'000;
// More months than the period of any framework has.
constexpr size_t kMostMonths = 60;

// Measures one after the other over one state of the warehouse.
class Measurer {
 public:
  Measurer(SqlReader& reader, const MeasureQuestion& question)
      : reader_(reader), question_(question) {}

  absl::StatusOr<Measurements> Measure() {
    CRM_RETURN_IF_ERROR(FindKinds());
    CRM_RETURN_IF_ERROR(MeasureKnowledge());
    CRM_RETURN_IF_ERROR(MeasureContacts());
    CRM_RETURN_IF_ERROR(MeasureOrders());
    CRM_RETURN_IF_ERROR(MeasurePenetration());
    CRM_RETURN_IF_ERROR(MeasureDispersion());
    CRM_RETURN_IF_ERROR(MeasureOpportunities());
    CRM_RETURN_IF_ERROR(MeasureExperience());
    CRM_RETURN_IF_ERROR(MeasureEvents());
    return std::move(measured_);
  }

 private:
  void Set(absl::string_view metric, absl::int128 numerator,
           absl::int128 denominator, int64_t count) {
    measured_[std::string(metric)] = {
        .value = MakeQuotient(numerator, denominator), .count = count};
  }

  OrderSelection Orders(absl::Time start) const {
    return {.tenant = question_.tenant,
            .start_time = start + absl::Microseconds(1),
            .end_time = question_.end + absl::Microseconds(1),
            .segment = question_.segment};
  }

  bool HasOrders() const { return kinds_.contains("orders"); }

  // Finds of what there are events at all.
  absl::Status FindKinds() {
    CRM_ASSIGN_OR_RETURN(
        const SqlRows rows,
        reader_.Query("SELECT DISTINCT type FROM resource_facts WHERE tenant = "
                      "? ORDER BY type",
                      {question_.tenant}));
    for (const SqlRow& row : rows) kinds_.insert(std::get<std::string>(row[0]));
    CRM_ASSIGN_OR_RETURN(
        const SqlRows orders,
        reader_.Query("SELECT 1 FROM orders WHERE tenant = ? LIMIT 1",
                      {question_.tenant}));
    if (!orders.empty()) kinds_.insert("orders");
    return absl::OkStatus();
  }

  absl::Status MeasureKnowledge() {
    if (!kinds_.contains("crm/Customer")) return absl::OkStatus();
    SqlFragment condition = CustomerCondition(question_);
    CRM_ASSIGN_OR_RETURN(
        const SqlRows rows,
        reader_.Query(
            absl::StrCat("SELECT known, COUNT(*) FROM resource_facts WHERE ",
                         condition.text, " GROUP BY known ORDER BY known"),
            condition.params));
    absl::int128 weight = 0;
    int64_t grouped = 0;
    int64_t owned = 0;
    for (const SqlRow& row : rows) {
      const int64_t known = std::get<int64_t>(row[0]);
      const int64_t count = std::get<int64_t>(row[1]);
      customers_ += count;
      weight += absl::int128(KnownWeight(known)) * count;
      if (IsKnown(known, "segment")) grouped += count;
      if (IsKnown(known, "owner")) owned += count;
    }
    Set(kMetricCompleteness, weight, absl::int128(kWhole) * customers_,
        customers_);
    Set(kMetricGrouped, grouped, customers_, customers_);
    Set(kMetricOwned, owned, customers_, customers_);
    return absl::OkStatus();
  }

  absl::Status MeasureContacts() {
    if (!kinds_.contains("crm/Activity")) return absl::OkStatus();
    SqlFragment facts = FactCondition(question_, "crm/Activity");
    SqlFragment customers = CustomerCondition(question_);
    std::vector<SqlValue> params = std::move(facts.params);
    params.insert(params.end(), customers.params.begin(),
                  customers.params.end());
    CRM_ASSIGN_OR_RETURN(
        const SqlRows rows,
        reader_.Query(
            absl::StrCat(
                "SELECT COUNT(DISTINCT customer) FROM resource_facts WHERE ",
                facts.text,
                " AND state = 'DONE' AND customer IN (SELECT name FROM "
                "resource_facts WHERE ",
                customers.text, ")"),
            params));
    Set(kMetricContacted, std::get<int64_t>(rows[0][0]), customers_,
        customers_);
    return absl::OkStatus();
  }

  absl::Status MeasureOrders() {
    if (!HasOrders()) return absl::OkStatus();
    CRM_ASSIGN_OR_RETURN(orderers_,
                         ReadOrderers(reader_, {.tenant = question_.tenant,
                                                .segment = question_.segment,
                                                .start = question_.start,
                                                .end = question_.end}));
    Set(kMetricAcquisition, orderers_.added, orderers_.before, orderers_.added);
    Set(kMetricRetention, orderers_.retained, orderers_.earlier,
        orderers_.earlier);
    Set(kMetricRepeat, orderers_.repeated, orderers_.now, orderers_.now);
    return absl::OkStatus();
  }

  absl::Status MeasurePenetration() {
    if (!HasOrders()) return absl::OkStatus();
    CRM_ASSIGN_OR_RETURN(
        const int64_t pairs,
        CountCustomerProducts(reader_, Orders(question_.start)));
    Set(kMetricPenetration, pairs, orderers_.now, orderers_.now);
    return absl::OkStatus();
  }

  absl::Status MeasureDispersion() {
    if (!HasOrders()) return absl::OkStatus();
    const OrderSelection orders = Orders(question_.start);
    CRM_ASSIGN_OR_RETURN(const std::vector<CurrencyUse> used,
                         ReadCurrencies(reader_, orders));
    CRM_ASSIGN_OR_RETURN(
        const std::vector<CustomerTotals> totals,
        ReadCustomerTotals(reader_, orders, MainCurrency(used)));
    const Concentration concentration =
        MeasureConcentration(totals, kDefaultTopMillionths);
    const int64_t count =
        concentration.total_revenue > 0 ? concentration.customer_count : 0;
    Set(kMetricDispersion, concentration.customers_for_80_percent, count,
        count);
    return absl::OkStatus();
  }

  absl::Status MeasureOpportunities() {
    if (!kinds_.contains("crm/Opportunity")) return absl::OkStatus();
    SqlFragment facts = FactCondition(question_, "crm/Opportunity");
    CRM_ASSIGN_OR_RETURN(
        const SqlRows rows,
        reader_.Query(
            absl::StrCat(
                "SELECT state, COUNT(*), CAST(SUM(end_time - start_time) AS "
                "TEXT) FROM resource_facts WHERE ",
                facts.text,
                " AND state IN ('WON', 'LOST') GROUP BY state ORDER BY state"),
            facts.params));
    int64_t won = 0;
    int64_t decided = 0;
    absl::int128 micros = 0;
    for (const SqlRow& row : rows) {
      const int64_t count = std::get<int64_t>(row[1]);
      decided += count;
      if (std::get<std::string>(row[0]) == "WON") won = count;
      absl::int128 sum = 0;
      if (!absl::SimpleAtoi(std::get<std::string>(row[2]), &sum)) {
        return Internal("COLUMN_TYPE", "A column does not hold a sum.");
      }
      micros += sum;
    }
    Set(kMetricWon, won, decided, decided);
    Set(kMetricCycleDays, micros, absl::int128(kMicrosPerDay) * decided,
        decided);
    return absl::OkStatus();
  }

  absl::Status MeasureExperience() {
    if (!kinds_.contains("crm/SurveyResponse")) return absl::OkStatus();
    SqlFragment facts = FactCondition(question_, "crm/SurveyResponse");
    CRM_ASSIGN_OR_RETURN(
        const SqlRows rows,
        reader_.Query(absl::StrCat("SELECT COUNT(*), CAST(COALESCE(SUM(value), "
                                   "0) AS TEXT) FROM resource_facts WHERE ",
                                   facts.text),
                      facts.params));
    const int64_t count = std::get<int64_t>(rows[0][0]);
    absl::int128 nanos = 0;
    if (count > 0) {
      CRM_ASSIGN_OR_RETURN(nanos,
                           FromDecimal(std::get<std::string>(rows[0][1])));
    }
    Set(kMetricExperience, nanos, absl::int128(kNanosPerUnit) * count, count);
    return absl::OkStatus();
  }

  absl::Status MeasureEvents() {
    CRM_ASSIGN_OR_RETURN(
        const SqlRows rows,
        reader_.Query("SELECT (SELECT COUNT(*) FROM (SELECT ordering_key FROM "
                      "applied_keys WHERE tenant = ? UNION SELECT ordering_key "
                      "FROM parked_event WHERE tenant = ?) AS seen), (SELECT "
                      "COUNT(DISTINCT ordering_key) FROM parked_event WHERE "
                      "tenant = ?)",
                      {question_.tenant, question_.tenant, question_.tenant}));
    const int64_t seen = std::get<int64_t>(rows[0][0]);
    if (seen == 0) return absl::OkStatus();
    Set(kMetricApplied, seen - std::get<int64_t>(rows[0][1]), seen, seen);
    return absl::OkStatus();
  }

  SqlReader& reader_;
  const MeasureQuestion& question_;
  std::set<std::string, std::less<>> kinds_;
  int64_t customers_ = 0;
  Orderers orderers_;
  Measurements measured_;
};

// Adds what each month has by `sql`, a SELECT of the number of the month, a
// count and a sum over `month` (MonthTable).
absl::Status AddMonths(SqlReader& reader, const std::string& sql,
                       const std::vector<SqlValue>& params, bool mean,
                       const std::vector<Month>& months, MonthlyValues& out) {
  CRM_ASSIGN_OR_RETURN(const SqlRows rows, reader.Query(sql, params));
  if (!mean) {
    for (const Month& month : months) out[month.number] = 0;
  }
  for (const SqlRow& row : rows) {
    const auto count = static_cast<double>(std::get<int64_t>(row[1]));
    double value = count;
    if (mean) {
      CRM_ASSIGN_OR_RETURN(const absl::int128 nanos,
                           FromDecimal(std::get<std::string>(row[2])));
      value = static_cast<double>(nanos) / double{kNanosPerUnit} / count;
    }
    out[std::get<int64_t>(row[0])] = value;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<int64_t> CountCustomers(SqlReader& reader,
                                       const MeasureQuestion& question) {
  const SqlFragment condition = CustomerCondition(question);
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query(absl::StrCat("SELECT COUNT(*) FROM resource_facts WHERE ",
                                condition.text),
                   condition.params));
  return std::get<int64_t>(rows[0][0]);
}

absl::StatusOr<Measurements> ReadMeasurements(SqlReader& reader,
                                              const MeasureQuestion& question) {
  return Measurer(reader, question).Measure();
}

absl::StatusOr<Series> ReadSeries(SqlReader& reader,
                                  const MeasureQuestion& question) {
  const std::vector<Month> months =
      WholeMonths(question.start, question.end, kMostMonths);
  Series series;
  if (months.empty()) return series;
  const std::string table = MonthTable(months);
  struct Part {
    absl::string_view metric;
    absl::string_view type;
    absl::string_view state;
    bool mean;
  };
  constexpr Part kParts[] = {
      {kMetricContacted, "crm/Activity", "DONE", false},
      {kMetricWon, "crm/Opportunity", "WON", false},
      {kMetricExperience, "crm/SurveyResponse", "", true}};
  for (const Part& part : kParts) {
    SqlFragment facts = FactCondition(question, part.type);
    CRM_RETURN_IF_ERROR(AddMonths(
        reader,
        absl::StrCat(
            "SELECT month_number, COUNT(*), CAST(SUM(value) AS TEXT) FROM ",
            table,
            " JOIN resource_facts ON end_time >= month_start AND end_time < "
            "month_end WHERE ",
            facts.text, part.state.empty() ? "" : " AND state = '", part.state,
            part.state.empty() ? "" : "'",
            " GROUP BY month_number ORDER BY month_number"),
        facts.params, part.mean, months, series[std::string(part.metric)]));
  }
  const SqlFragment orders =
      OrderCondition({.tenant = question.tenant, .segment = question.segment});
  CRM_RETURN_IF_ERROR(AddMonths(
      reader,
      absl::StrCat("SELECT month_number, COUNT(*) FROM ", table,
                   " JOIN orders ON order_time >= month_start AND order_time < "
                   "month_end WHERE ",
                   orders.text, " GROUP BY month_number ORDER BY month_number"),
      orders.params, false, months, series[std::string(kMetricRepeat)]));
  return series;
}

}  // namespace crm::analytical

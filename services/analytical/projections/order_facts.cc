#include "services/analytical/projections/order_facts.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/money.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {
namespace {

// How many customers one statement answers for; well within kMaxRows.
constexpr int64_t kCustomersAtATime = 50'000;

absl::StatusOr<CustomerTotals> ParseTotals(SqlRow& row) {
  CustomerTotals totals;
  totals.customer = std::get<std::string>(std::move(row[0]));
  totals.last_order_time = absl::FromUnixMicros(std::get<int64_t>(row[1]));
  totals.order_count = std::get<int64_t>(row[2]);
  totals.purchase_day_count = std::get<int64_t>(row[3]);
  CRM_ASSIGN_OR_RETURN(totals.revenue,
                       FromDecimal(std::get<std::string>(row[4])));
  return totals;
}

}  // namespace

SqlFragment OrderCondition(const OrderSelection& selection) {
  SqlFragment condition{
      "producer = ? AND tenant = ? AND state = 'CONFIRMED' AND customer <> ''",
      {std::string(kOrderProducer), selection.tenant}};
  if (selection.start_time.has_value()) {
    absl::StrAppend(&condition.text, " AND order_time >= ?");
    condition.params.push_back(absl::ToUnixMicros(*selection.start_time));
  }
  if (selection.end_time.has_value()) {
    absl::StrAppend(&condition.text, " AND order_time < ?");
    condition.params.push_back(absl::ToUnixMicros(*selection.end_time));
  }
  if (!selection.segment.empty()) {
    absl::StrAppend(&condition.text,
                    " AND customer IN (SELECT name FROM resource_facts WHERE "
                    "tenant = ? AND type = 'crm/Customer' AND category = ?)");
    condition.params.push_back(selection.tenant);
    condition.params.push_back(selection.segment);
  }
  if (!selection.currency.empty()) {
    condition.text += " AND currency = ?";
    condition.params.push_back(selection.currency);
  }
  if (!selection.customers.empty()) {
    const std::vector<const char*> marks(selection.customers.size(), "?");
    absl::StrAppend(&condition.text, " AND customer IN (",
                    absl::StrJoin(marks, ", "), ")");
    condition.params.insert(condition.params.end(), selection.customers.begin(),
                            selection.customers.end());
  }
  return condition;
}

std::string ToDecimal(absl::int128 nanos) {
  const char* sign = nanos < 0 ? "-" : "";
  const absl::int128 units = nanos / kNanosPerUnit;
  const auto rest = static_cast<int64_t>(nanos % kNanosPerUnit);
  // The units of a Money fit 64 bits, and so do their magnitude unsigned.
  const auto magnitude = static_cast<uint64_t>(units < 0 ? -units : units);
  return absl::StrFormat("%s%d.%09d", sign, magnitude, rest < 0 ? -rest : rest);
}

absl::StatusOr<absl::int128> FromDecimal(absl::string_view decimal) {
  absl::int128 nanos;
  // Nine digits stand behind the point, so without it the text counts nanos.
  if (!absl::SimpleAtoi(absl::StrReplaceAll(decimal, {{".", ""}}), &nanos)) {
    return Internal("COLUMN_TYPE", "A column does not hold an amount.");
  }
  return nanos;
}

absl::StatusOr<int64_t> ReadAppliedVersion(SqlReader& reader,
                                           const std::string& producer,
                                           const std::string& tenant,
                                           const std::string& ordering_key) {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query("SELECT key_version FROM applied_keys WHERE producer = ? "
                   "AND tenant = ? AND ordering_key = ?",
                   {producer, tenant, ordering_key}));
  return rows.empty() ? 0 : std::get<int64_t>(rows[0][0]);
}

absl::StatusOr<std::vector<CurrencyUse>> ReadCurrencies(
    SqlReader& reader, const OrderSelection& selection) {
  const SqlFragment condition = OrderCondition(selection);
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query(
          absl::StrCat("SELECT currency, COUNT(*) FROM orders WHERE ",
                       condition.text, " GROUP BY currency ORDER BY currency"),
          condition.params));
  std::vector<CurrencyUse> used;
  for (const SqlRow& row : rows) {
    used.push_back({std::get<std::string>(row[0]), std::get<int64_t>(row[1])});
  }
  return used;
}

absl::StatusOr<std::vector<CustomerTotals>> ReadCustomerTotals(
    SqlReader& reader, const OrderSelection& selection,
    absl::string_view currency) {
  SqlFragment condition = OrderCondition(selection);
  const std::string sql = absl::StrCat(
      "SELECT customer, MAX(order_time), COUNT(*), "
      "COUNT(DISTINCT order_day), CAST(SUM(amount) AS TEXT) "
      "FROM orders WHERE ",
      condition.text,
      " AND currency = ? AND customer > ? GROUP BY customer "
      "ORDER BY customer LIMIT ?");
  std::vector<SqlValue> params = std::move(condition.params);
  params.push_back(std::string(currency));
  const size_t after = params.size();
  params.push_back(std::string());
  params.push_back(kCustomersAtATime);

  std::vector<CustomerTotals> totals;
  for (;;) {
    CRM_ASSIGN_OR_RETURN(SqlRows rows, reader.Query(sql, params));
    totals.reserve(totals.size() + rows.size());
    for (SqlRow& row : rows) {
      CRM_ASSIGN_OR_RETURN(totals.emplace_back(), ParseTotals(row));
    }
    if (static_cast<int64_t>(rows.size()) < kCustomersAtATime) return totals;
    params[after] = totals.back().customer;
  }
}

absl::StatusOr<std::vector<PurchaseHistory>> ReadPurchaseHistories(
    SqlReader& reader, const OrderSelection& selection,
    absl::string_view currency) {
  SqlFragment condition = OrderCondition(selection);
  const std::string sql = absl::StrCat(
      "WITH days AS (SELECT customer, order_day, SUM(amount) AS amount "
      "FROM orders WHERE ",
      condition.text,
      " AND currency = ? AND customer > ? GROUP BY customer, order_day), "
      "spans AS (SELECT customer, MIN(order_day) AS first_day, "
      "MAX(order_day) AS last_day, COUNT(*) AS day_count, "
      "SUM(amount) AS revenue FROM days GROUP BY customer) "
      "SELECT spans.customer, first_day, last_day, day_count, "
      "CAST(revenue - amount AS TEXT) FROM spans JOIN days ON "
      "days.customer = spans.customer AND order_day = first_day "
      "ORDER BY spans.customer LIMIT ?");
  std::vector<SqlValue> params = std::move(condition.params);
  params.push_back(std::string(currency));
  const size_t after = params.size();
  params.push_back(std::string());
  params.push_back(kCustomersAtATime);

  std::vector<PurchaseHistory> histories;
  for (;;) {
    CRM_ASSIGN_OR_RETURN(SqlRows rows, reader.Query(sql, params));
    for (SqlRow& row : rows) {
      PurchaseHistory& history = histories.emplace_back();
      history.customer = std::get<std::string>(std::move(row[0]));
      history.first_day = std::get<int64_t>(row[1]);
      history.last_day = std::get<int64_t>(row[2]);
      history.purchase_day_count = std::get<int64_t>(row[3]);
      CRM_ASSIGN_OR_RETURN(history.repeat_revenue,
                           FromDecimal(std::get<std::string>(row[4])));
    }
    if (static_cast<int64_t>(rows.size()) < kCustomersAtATime) return histories;
    params[after] = histories.back().customer;
  }
}

absl::StatusOr<std::optional<absl::Time>> ReadNewestOrderTime(
    SqlReader& reader, const OrderSelection& selection,
    absl::string_view currency) {
  SqlFragment condition = OrderCondition(selection);
  condition.params.push_back(std::string(currency));
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query(absl::StrCat("SELECT MAX(order_time) FROM orders WHERE ",
                                condition.text, " AND currency = ?"),
                   condition.params));
  const auto* micros = std::get_if<int64_t>(&rows[0][0]);
  if (micros == nullptr) return std::nullopt;
  return absl::FromUnixMicros(*micros);
}

absl::StatusOr<std::vector<AppliedKey>> ReadAppliedCustomers(
    SqlReader& reader, const std::string& tenant) {
  std::vector<AppliedKey> applied;
  // No name is this alone, and '0' follows '/'.
  std::string after = "customers/";
  for (;;) {
    CRM_ASSIGN_OR_RETURN(
        SqlRows rows,
        reader.Query(
            "SELECT ordering_key, key_version FROM applied_keys WHERE "
            "producer = ? AND tenant = ? AND ordering_key > ? AND "
            "ordering_key < 'customers0' ORDER BY ordering_key LIMIT ?",
            {std::string(kOrderProducer), tenant, after, kCustomersAtATime}));
    for (SqlRow& row : rows) {
      applied.push_back({std::get<std::string>(std::move(row[0])),
                         std::get<int64_t>(row[1])});
    }
    if (static_cast<int64_t>(rows.size()) < kCustomersAtATime) return applied;
    after = applied.back().customer;
  }
}

absl::StatusOr<v1::Freshness> ReadFreshness(SqlReader& reader,
                                            const std::string& tenant,
                                            absl::Time now) {
  v1::Freshness freshness;
  *freshness.mutable_compute_time() = ToTimestamp(now);
  CRM_ASSIGN_OR_RETURN(
      const SqlRows newest,
      reader.Query("SELECT MAX(event_time) FROM applied_keys WHERE tenant = ?",
                   {tenant}));
  if (const auto* micros = std::get_if<int64_t>(&newest[0][0])) {
    *freshness.mutable_newest_event_time() =
        ToTimestamp(absl::FromUnixMicros(*micros));
  }
  CRM_ASSIGN_OR_RETURN(
      const SqlRows positions,
      reader.Query("SELECT producer, feed_epoch, part, seq FROM "
                   "consumer_position WHERE part >= 0 ORDER BY producer, part",
                   {}));
  for (const SqlRow& row : positions) {
    v1::SourcePosition& position = *freshness.add_positions();
    position.set_service(std::get<std::string>(row[0]));
    position.set_feed_epoch(std::get<int64_t>(row[1]));
    position.set_partition(static_cast<int32_t>(std::get<int64_t>(row[2])));
    position.set_seq(std::get<int64_t>(row[3]));
  }
  return freshness;
}

}  // namespace crm::analytical

#include "services/analytical/projections/order_amounts.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {
namespace {

// How many rows one statement returns; well within kMaxRows.
constexpr int64_t kRowsAtATime = 20'000;

}  // namespace

absl::Status VisitOrderAmounts(
    SqlReader& reader, const OrderSelection& selection, int64_t most,
    absl::FunctionRef<void(const OutcomeOrder&)> visit) {
  const SqlFragment condition = OrderCondition(selection);
  const std::string sql = absl::StrCat(
      "SELECT name, customer, order_time, currency, CAST(amount AS TEXT) FROM "
      "orders WHERE ",
      condition.text, " AND name > ? ORDER BY name LIMIT ?");
  std::string name;
  int64_t count = 0;
  for (;;) {
    std::vector<SqlValue> params = condition.params;
    params.insert(params.end(), {name, kRowsAtATime});
    CRM_ASSIGN_OR_RETURN(SqlRows rows, reader.Query(sql, params));
    count += std::ssize(rows);
    if (count > most) {
      return ResourceExhausted(
          "TOO_MANY_ROWS",
          absl::StrCat("There are more than ", most, " orders to look at."));
    }
    for (SqlRow& row : rows) {
      name = std::get<std::string>(std::move(row[0]));
      CRM_ASSIGN_OR_RETURN(const absl::int128 amount,
                           FromDecimal(std::get<std::string>(row[4])));
      visit({.customer = std::get<std::string>(std::move(row[1])),
             .time = absl::FromUnixMicros(std::get<int64_t>(row[2])),
             .currency = std::get<std::string>(std::move(row[3])),
             .amount = amount});
    }
    if (std::ssize(rows) < kRowsAtATime) return absl::OkStatus();
  }
}

}  // namespace crm::analytical

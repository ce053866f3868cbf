#include "services/analytical/projections/order_times.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/analytical/projections/order_facts.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {
namespace {

// How many rows one statement returns; well within kMaxRows.
constexpr int64_t kRowsAtATime = 20'000;

}  // namespace

absl::StatusOr<OrderTimes> ReadOrderTimes(SqlReader& reader,
                                          const OrderTimesQuestion& question) {
  OrderTimes times;
  std::string customer = question.after;
  std::string name;
  int64_t count = 0;
  for (;;) {
    CRM_ASSIGN_OR_RETURN(
        SqlRows rows,
        reader.Query(
            "SELECT customer, name, order_time FROM orders WHERE producer = ? "
            "AND tenant = ? AND state = 'CONFIRMED' AND customer <> '' AND "
            "order_time <= ? AND (customer > ? OR (customer = ? AND name > ?)) "
            "ORDER BY customer, name LIMIT ?",
            {std::string(kOrderProducer), question.tenant,
             absl::ToUnixMicros(question.as_of), customer,
             name.empty() ? std::string() : customer, name, kRowsAtATime}));
    for (SqlRow& row : rows) {
      customer = std::get<std::string>(std::move(row[0]));
      name = std::get<std::string>(std::move(row[1]));
      times[customer].push_back(
          absl::FromUnixMicros(std::get<int64_t>(row[2])));
    }
    count += std::ssize(rows);
    if (count > question.most) {
      return ResourceExhausted(
          "TOO_MANY_ROWS", absl::StrCat("There are more than ", question.most,
                                        " orders to look at."));
    }
    if (std::ssize(rows) < kRowsAtATime) return times;
  }
}

}  // namespace crm::analytical

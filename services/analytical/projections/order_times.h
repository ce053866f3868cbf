// When customers ordered: what the rules of the lifecycle ask the warehouse.

#ifndef CRM_SERVICES_ANALYTICAL_PROJECTIONS_ORDER_TIMES_H_
#define CRM_SERVICES_ANALYTICAL_PROJECTIONS_ORDER_TIMES_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shared/storage/database.h"

namespace crm::analytical {

// Which orders are asked for: those that count (order_facts.h), in any
// currency.
struct OrderTimesQuestion {
  std::string tenant;
  // Of customers whose names come after this one.
  std::string after = {};
  // Up to this instant.
  absl::Time as_of;
  // The most orders to read.
  int64_t most = 0;
};

using OrderTimes = std::map<std::string, std::vector<absl::Time>>;

// Returns the times of the orders of each customer, in their order. Returns
// RESOURCE_EXHAUSTED (TOO_MANY_ROWS) for more than `most`, and the errors of a
// statement.
absl::StatusOr<OrderTimes> ReadOrderTimes(SqlReader& reader,
                                          const OrderTimesQuestion& question);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_PROJECTIONS_ORDER_TIMES_H_

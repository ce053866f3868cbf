// Orders, and other resources, that have changed their customer, as a merge of
// customers makes them.
//
// The events of an order are in order while it keeps its customer; with a new
// one they come in another partition, which may be ahead of the old one or
// behind it. So the version of each order that was moved is remembered, and
// what comes late from where it was is left out. Orders that never moved cost
// nothing.

#ifndef CRM_SERVICES_ANALYTICAL_PROJECTIONS_MOVED_ORDERS_H_
#define CRM_SERVICES_ANALYTICAL_PROJECTIONS_MOVED_ORDERS_H_

#include <map>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "services/analytical/projections/order_changes.h"
#include "services/analytical/projections/warehouse.h"

namespace crm::analytical {

// What to do about the changes of orders that moved, now or before.
struct MovedOrders {
  // Changes that others have overtaken, and that are left out.
  std::set<TenantKey> overtaken;
  // The versions to remember.
  std::map<TenantKey, OrderVersion> versions;
};

// Compares `changes` with what is remembered. Returns the errors of a
// statement.
absl::StatusOr<MovedOrders> FindMovedOrders(SqlReader& reader,
                                            const WarehouseDialect& dialect,
                                            const std::string& producer,
                                            const OrderChanges& changes);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_PROJECTIONS_MOVED_ORDERS_H_

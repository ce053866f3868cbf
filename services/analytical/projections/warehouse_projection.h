// The warehouse as a projection: it follows from the events alone, so that a
// replay gives it again, byte for byte.

#ifndef CRM_SERVICES_ANALYTICAL_PROJECTIONS_WAREHOUSE_PROJECTION_H_
#define CRM_SERVICES_ANALYTICAL_PROJECTIONS_WAREHOUSE_PROJECTION_H_

#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/analytical/projections/warehouse.h"
#include "shared/base/clock.h"
#include "shared/events/applier.h"
#include "shared/events/projection.h"

namespace crm::analytical {

// Returns the SHA-256, in hexadecimal, of all facts that came from `producer`:
// the rows of orders, order_lines and applied_keys in the order of their names.
// Positions and parked events are not among them.
absl::StatusOr<std::string> HashWarehouse(SqlReader& reader,
                                          const std::string& producer);

// Replays into a shadow beside the warehouse. Where replicas share one, a
// replay in another of them is an ABORTED (WAREHOUSE_IN_USE). Thread-safe.
class WarehouseProjection final : public Projection {
 public:
  // Both outlive this.
  WarehouseProjection(Warehouse& warehouse, const Clock& clock)
      : warehouse_(warehouse), clock_(clock) {}

  absl::StatusOr<ProjectionCheck> Verify(absl::string_view producer,
                                         FeedClient& feed,
                                         absl::Time deadline) override;

  // Besides the errors of Projection: FAILED_PRECONDITION (OTHER_PRODUCERS) if
  // the warehouse also holds what other services said.
  absl::StatusOr<ProjectionCheck> Rebuild(absl::string_view producer,
                                          FeedClient& feed,
                                          absl::Time deadline) override;

 private:
  Warehouse& warehouse_;
  const Clock& clock_;
  // Held by the one replay that runs.
  std::mutex running_;
};

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_PROJECTIONS_WAREHOUSE_PROJECTION_H_

// Opens the warehouse where the settings say.

#ifndef CRM_SERVICES_ANALYTICAL_PROJECTIONS_OPEN_WAREHOUSE_H_
#define CRM_SERVICES_ANALYTICAL_PROJECTIONS_OPEN_WAREHOUSE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "services/analytical/projections/warehouse.h"
#include "services/host/service.h"

namespace crm::analytical {

// Opens the warehouse on the server that `environment` names, or else in a file
// of its data folder. Errors as PostgresWarehouse::Open() and
// DuckWarehouse::Open().
absl::StatusOr<std::unique_ptr<Warehouse>> OpenWarehouse(
    const ServiceEnvironment& environment);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_PROJECTIONS_OPEN_WAREHOUSE_H_

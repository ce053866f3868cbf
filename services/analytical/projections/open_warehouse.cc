#include "services/analytical/projections/open_warehouse.h"

#include "services/analytical/projections/duck_warehouse.h"
#include "services/analytical/projections/postgres_warehouse.h"

namespace crm::analytical {

absl::StatusOr<std::unique_ptr<Warehouse>> OpenWarehouse(
    const ServiceEnvironment& environment) {
  const SharedStoreAddress& address = environment.warehouse;
  return address.uri.empty()
             ? DuckWarehouse::Open(environment.data_dir, environment.clock)
             : PostgresWarehouse::Open(address, environment.clock);
}

}  // namespace crm::analytical

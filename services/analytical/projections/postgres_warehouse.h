// The warehouse on a PostgreSQL server, which the replicas of the service
// share: each applies the events of the partitions whose leases it holds, and
// all read everything.
//
// Each transaction asks first which of two sets of tables is read. A replay
// fills the other one, under a lease, and takes over by changing that one row;
// who still reads the old tables has them in his snapshot, as rows are only
// ever deleted from them.

#ifndef CRM_SERVICES_ANALYTICAL_PROJECTIONS_POSTGRES_WAREHOUSE_H_
#define CRM_SERVICES_ANALYTICAL_PROJECTIONS_POSTGRES_WAREHOUSE_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/analytical/projections/postgres_shadow.h"
#include "services/analytical/projections/postgres_tables.h"
#include "services/analytical/projections/warehouse.h"
#include "services/host/service.h"
#include "shared/base/clock.h"
#include "shared/base/ids.h"
#include "shared/storage/database.h"

namespace crm::analytical {

// Thread-safe.
class PostgresWarehouse final : public Warehouse {
 public:
  // Opens, or makes, the warehouse in the database of `address`, beside
  // whatever else is there. `clock` outlives it. Errors as OpenPostgres().
  static absl::StatusOr<std::unique_ptr<Warehouse>> Open(
      const SharedStoreAddress& address, const Clock& clock);

  absl::Status Read(absl::Time deadline, ReadBody body) override;
  absl::Status Write(const WarehouseChange& change, WriteBody body) override;
  absl::StatusOr<ChangeMark> Mark(const std::string& tenant,
                                  absl::Time deadline) override;
  absl::StatusOr<std::unique_ptr<Warehouse>> OpenShadow() override;
  absl::Status Adopt(Warehouse& shadow, MayReplace may_replace) override;
  Database* shared_store() override { return database_.get(); }

 private:
  PostgresWarehouse(std::shared_ptr<Database> database, const Clock& clock,
                    std::unique_ptr<PostgresShadow> shadow);

  // Returns the statement by which a transaction finds the tables of this
  // warehouse.
  EnterSql Enter() const;

  const std::shared_ptr<Database> database_;
  const Clock& clock_;
  IdMaker ids_;
  // Null in the warehouse that is read.
  const std::unique_ptr<PostgresShadow> shadow_;
};

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_PROJECTIONS_POSTGRES_WAREHOUSE_H_

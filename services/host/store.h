// The store of a service: the one that its settings name, a file of its own or
// a database on a server that its replicas share, and the tables in it.

#ifndef CRM_SERVICES_HOST_STORE_H_
#define CRM_SERVICES_HOST_STORE_H_

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/host/settings.h"
#include "shared/base/clock.h"
#include "shared/base/ids.h"
#include "shared/resource/application.h"
#include "shared/storage/database.h"
#include "shared/storage/schema.h"

namespace crm {

// Makes the data folder where it is missing, and opens the store. `clock`
// outlives it. Returns INVALID_ARGUMENT (DATA_DIR_UNUSABLE), and the errors of
// OpenSqlite() and OpenPostgres().
absl::StatusOr<std::unique_ptr<Database>> OpenStoreOf(
    const HostSettings& settings, const Clock& clock);

// Returns what the store of `application` consists of; `access` are the tables
// by which its calls are decided.
SqlSchema StoreSchema(const Application& application,
                      std::vector<SqlTable> access);

// Makes the store fit `schema`, and announces this process to those that would
// contract it, unless it has the store to itself. Returns the errors of
// Database::Migrate().
absl::Status MigrateStore(Database& database, const SqlSchema& schema,
                          const Clock& clock, IdMaker& ids);

}  // namespace crm

#endif  // CRM_SERVICES_HOST_STORE_H_

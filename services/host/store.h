// Opens the store that a service's settings name: a file of its own, or a
// database on a server that its replicas share.

#ifndef CRM_SERVICES_HOST_STORE_H_
#define CRM_SERVICES_HOST_STORE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "services/host/settings.h"
#include "shared/base/clock.h"
#include "shared/storage/database.h"

namespace crm {

// Makes the data folder where it is missing, and opens the store. `clock`
// outlives it. Returns INVALID_ARGUMENT (DATA_DIR_UNUSABLE), and the errors of
// OpenSqlite() and OpenPostgres().
absl::StatusOr<std::unique_ptr<Database>> OpenStoreOf(
    const HostSettings& settings, const Clock& clock);

}  // namespace crm

#endif  // CRM_SERVICES_HOST_STORE_H_

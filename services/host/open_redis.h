// Connects to a Redis that a service can do without.

#ifndef CRM_SERVICES_HOST_OPEN_REDIS_H_
#define CRM_SERVICES_HOST_OPEN_REDIS_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "shared/base/clock.h"
#include "shared/observe/log.h"
#include "shared/redis/client.h"
#include "shared/redis/server_check.h"

namespace crm {

// Returns connections to `endpoint`; null if that is empty. Warns of settings
// that do not fit `role`, and of a server that is away. Returns
// INVALID_ARGUMENT for what is no endpoint, FAILED_PRECONDITION for a server of
// the wrong kind.
absl::StatusOr<std::unique_ptr<RedisClient>> OpenRedis(
    const std::string& endpoint, RedisRole role, const Clock& clock,
    Logger& logger);

}  // namespace crm

#endif  // CRM_SERVICES_HOST_OPEN_REDIS_H_

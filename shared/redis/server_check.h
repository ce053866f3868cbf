// Checks at start that a Redis server fits the role it is configured for.

#ifndef CRM_SHARED_REDIS_SERVER_CHECK_H_
#define CRM_SHARED_REDIS_SERVER_CHECK_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "shared/redis/client.h"

namespace crm {

// What a server is used for. The two have opposite eviction rules: a cache
// drops what is not asked for, and would drop the streams of a bus whole.
enum class RedisRole { kCache, kBus };

// Returns warnings for the log: a version below 7.0.15, a cache that never
// evicts, or settings that may not be read. Returns FAILED_PRECONDITION
// (REDIS_EVICTS) if a bus would evict, or an error of RedisClient::Command().
absl::StatusOr<std::vector<std::string>> CheckRedisServer(RedisClient& client,
                                                          RedisRole role);

}  // namespace crm

#endif  // CRM_SHARED_REDIS_SERVER_CHECK_H_

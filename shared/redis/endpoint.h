// Where a Redis server listens.

#ifndef CRM_SHARED_REDIS_ENDPOINT_H_
#define CRM_SHARED_REDIS_ENDPOINT_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace crm {

struct RedisEndpoint {
  std::string host = "127.0.0.1";
  int port = 6379;
};

// Reads `host:port` or `[v6]:port`, or returns INVALID_ARGUMENT
// (REDIS_ADDRESS).
absl::StatusOr<RedisEndpoint> ParseRedisEndpoint(absl::string_view text);

}  // namespace crm

#endif  // CRM_SHARED_REDIS_ENDPOINT_H_

#include "services/host/open_redis.h"

#include "absl/status/status.h"
#include "shared/base/status_macros.h"

namespace crm {

absl::StatusOr<std::unique_ptr<RedisClient>> OpenRedis(
    const std::string& endpoint, RedisRole role, const Clock& clock,
    Logger& logger) {
  if (endpoint.empty()) return nullptr;
  RedisClient::Options options;
  CRM_ASSIGN_OR_RETURN(options.endpoint, ParseRedisEndpoint(endpoint));
  auto client = std::make_unique<RedisClient>(options, clock);
  // A Redis that is away now may come back: it is never needed to start.
  const auto warnings = CheckRedisServer(*client, role);
  if (absl::IsFailedPrecondition(warnings.status())) return warnings.status();
  if (!warnings.ok()) {
    logger.Log(LogLevel::kWarning, "redis is away",
               {{"endpoint", endpoint},
                {"error", std::string(warnings.status().message())}});
    return client;
  }
  for (const std::string& warning : *warnings) {
    logger.Log(LogLevel::kWarning, "redis", {{"warning", warning}});
  }
  return client;
}

}  // namespace crm

#include "shared/redis/server_check.h"

#include <array>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm {
namespace {

// A start-up check may wait longer than a call.
constexpr absl::Duration kTimeout = absl::Seconds(1);
constexpr std::array<int, 3> kOldestVersion = {7, 0, 15};

std::optional<std::array<int, 3>> FindVersion(absl::string_view info) {
  for (absl::string_view line : absl::StrSplit(info, "\r\n")) {
    if (!absl::ConsumePrefix(&line, "redis_version:")) continue;
    const std::vector<absl::string_view> parts = absl::StrSplit(line, '.');
    std::array<int, 3> version = {};
    if (parts.size() != version.size()) return std::nullopt;
    for (size_t i = 0; i < version.size(); ++i) {
      if (!absl::SimpleAtoi(parts[i], &version[i])) return std::nullopt;
    }
    return version;
  }
  return std::nullopt;
}

absl::Status CheckVersion(RedisClient& client,
                          std::vector<std::string>& warnings) {
  CRM_ASSIGN_OR_RETURN(const RedisReply reply,
                       client.Command({"INFO", "server"}, kTimeout));
  const std::string* info = reply.text();
  const auto version = info == nullptr ? std::nullopt : FindVersion(*info);
  if (!version.has_value()) {
    warnings.push_back("Redis does not tell its version.");
  } else if (*version < kOldestVersion) {
    warnings.push_back(absl::StrCat(
        "Redis is of version ", (*version)[0], ".", (*version)[1], ".",
        (*version)[2], "; use 7.0.15 or newer, which mends known faults."));
  }
  return absl::OkStatus();
}

absl::Status CheckEviction(RedisClient& client, RedisRole role,
                           std::vector<std::string>& warnings) {
  const absl::StatusOr<RedisReply> reply =
      client.Command({"CONFIG", "GET", "maxmemory-policy"}, kTimeout);
  const std::vector<RedisReply>* pair = reply.ok() ? reply->array() : nullptr;
  const std::string* policy =
      pair != nullptr && pair->size() == 2 ? (*pair)[1].text() : nullptr;
  if (policy == nullptr) {
    if (absl::IsUnavailable(reply.status())) return reply.status();
    warnings.push_back(
        "Redis does not tell its maxmemory-policy; make sure that the cache "
        "evicts and the bus does not.");
    return absl::OkStatus();
  }
  if (role == RedisRole::kBus && *policy != "noeviction") {
    return FailedPrecondition(
        "REDIS_EVICTS",
        absl::StrCat("The Redis server of the bus has maxmemory-policy '",
                     *policy,
                     "' and would drop events. Set it to noeviction, and use "
                     "another server as cache."),
        "redis/bus", {{"policy", *policy}});
  }
  if (role == RedisRole::kCache && *policy == "noeviction") {
    warnings.push_back(
        "The Redis server of the cache has maxmemory-policy noeviction and "
        "refuses writes when it is full; set it to allkeys-lfu.");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<std::string>> CheckRedisServer(RedisClient& client,
                                                          RedisRole role) {
  std::vector<std::string> warnings;
  CRM_RETURN_IF_ERROR(CheckVersion(client, warnings));
  CRM_RETURN_IF_ERROR(CheckEviction(client, role, warnings));
  return warnings;
}

}  // namespace crm

// A Lua script that runs on the Redis server, sent by its digest.

#ifndef CRM_SHARED_REDIS_SCRIPT_H_
#define CRM_SHARED_REDIS_SCRIPT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shared/redis/client.h"

namespace crm {

// A script. A server that does not know it, as after a restart, is taught it
// and asked again. Immutable.
class RedisScript {
 public:
  explicit RedisScript(absl::string_view source);

  // The keys and arguments of one run.
  struct Run {
    std::vector<std::string> keys;
    std::vector<std::string> arguments;
  };

  // Runs the script once. Returns what it returns, or an error of
  // RedisClient::Command().
  absl::StatusOr<RedisReply> Eval(RedisClient& client, const Run& run,
                                  absl::Duration timeout) const;

  // Runs the script many times in one round trip; the answers are in the order
  // of the runs and may be errors. Where the server did not know the script,
  // all runs are made again: only for scripts that may be repeated.
  absl::StatusOr<std::vector<RedisReply>> EvalMany(
      RedisClient& client, const std::vector<Run>& runs,
      absl::Duration timeout) const;

 private:
  const std::string source_;
  // The SHA-1 by which Redis knows the script: a name, not a protection.
  const std::string digest_;
};

}  // namespace crm

#endif  // CRM_SHARED_REDIS_SCRIPT_H_

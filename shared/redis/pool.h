// Connections to one Redis server, shared by the threads of a process.
//
// Redis holds nothing that cannot be rebuilt, so a call to it either answers
// soon or fails soon: every wait has a deadline, and while the server is down
// calls fail at once without trying. There are no retries here.

#ifndef CRM_SHARED_REDIS_POOL_H_
#define CRM_SHARED_REDIS_POOL_H_

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shared/base/clock.h"
#include "shared/redis/address_resolver.h"
#include "shared/redis/circuit_breaker.h"
#include "shared/redis/connection.h"
#include "shared/redis/reply.h"

namespace crm {

// Where a Redis server listens.
struct RedisEndpoint {
  std::string host = "127.0.0.1";
  int port = 6379;
};

// Reads `host:port` or `[v6]:port`, or returns INVALID_ARGUMENT
// (REDIS_ADDRESS).
absl::StatusOr<RedisEndpoint> ParseRedisEndpoint(absl::string_view text);

// A bounded pool of connections, made when needed. Thread-safe.
class RedisPool {
 public:
  struct Options {
    RedisEndpoint endpoint;
    absl::Duration connect_timeout = absl::Milliseconds(50);
    // For calls that name no timeout of their own.
    absl::Duration command_timeout = absl::Milliseconds(20);
    size_t size = 8;
    CircuitBreaker::Options breaker;
  };

  RedisPool(Options options, const Clock& clock);

  // Sends one command and returns its reply. An error reply is returned as
  // RedisReply::status() says. Else returns
  //   UNAVAILABLE (REDIS_DOWN)             the breaker is open,
  //   UNAVAILABLE (REDIS_POOL_EXHAUSTED)   no connection was free in time,
  //   UNAVAILABLE (REDIS_CONNECT, REDIS_CONNECTION_LOST),
  //   DEADLINE_EXCEEDED (REDIS_TIMEOUT).
  // After the last two the command may or may not have been executed.
  absl::StatusOr<RedisReply> Command(const RedisCommand& command);
  absl::StatusOr<RedisReply> Command(const RedisCommand& command,
                                     absl::Duration timeout);

  // Sends the commands together on one connection and returns a reply for each,
  // in order; other clients' commands may run between them. Error replies are
  // replies here. Returns the other errors of Command().
  absl::StatusOr<std::vector<RedisReply>> Pipeline(
      const std::vector<RedisCommand>& commands, absl::Duration timeout);

  // Makes a connection outside the pool, for commands that block on purpose.
  // Returns UNAVAILABLE (REDIS_CONNECT). The breaker is neither asked nor told.
  absl::StatusOr<std::unique_ptr<RedisConnection>> Dedicated();

  // Returns whether calls are let through.
  // Returns the timeout of calls that name none.
  absl::Duration command_timeout() const { return options_.command_timeout; }

  bool healthy() const { return breaker_.closed(); }

 private:
  absl::StatusOr<std::unique_ptr<RedisConnection>> Acquire(
      absl::Duration timeout);
  void Release(std::unique_ptr<RedisConnection> connection, bool usable);
  absl::StatusOr<std::vector<RedisReply>> RunAllowed(
      const std::vector<RedisCommand>& commands, absl::Duration timeout);

  const Options options_;
  AddressResolver resolver_;
  CircuitBreaker breaker_;
  std::mutex mutex_;
  std::condition_variable released_;
  std::vector<std::unique_ptr<RedisConnection>> idle_;
  size_t used_ = 0;
};

}  // namespace crm

#endif  // CRM_SHARED_REDIS_POOL_H_

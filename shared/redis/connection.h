// One connection to a Redis server, with a deadline on every wait.
//
// This is the only file that uses hiredis. The socket is non-blocking and every
// wait is a poll() with the time that is left, so neither a server that hangs
// nor one that trickles can hold a thread; hiredis's own blocking mode, its
// timeouts and redisReconnect() are not used.

#ifndef CRM_SHARED_REDIS_CONNECTION_H_
#define CRM_SHARED_REDIS_CONNECTION_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shared/redis/reply.h"

struct redisContext;

namespace crm {

// A command and its arguments, any bytes.
using RedisCommand = std::vector<std::string>;

// Makes writes to a closed connection return an error instead of ending the
// process. Called once in main: hiredis writes without MSG_NOSIGNAL.
void IgnoreSigpipe();

// A connection. After any error but an error reply it is broken for good and
// its owner drops it, so a late answer can never be taken for that of another
// command. Thread-compatible, but for Interrupt().
class RedisConnection {
 public:
  // Connects to `address`, a literal IPv4 or IPv6 address. Returns UNAVAILABLE
  // (REDIS_CONNECT) if there is none to be had within `timeout`.
  static absl::StatusOr<std::unique_ptr<RedisConnection>> Connect(
      const std::string& address, int port, absl::Duration timeout);

  ~RedisConnection();
  RedisConnection(const RedisConnection&) = delete;
  RedisConnection& operator=(const RedisConnection&) = delete;

  // Sends the commands together and returns their replies in the same order;
  // an error reply is a reply. Returns
  //   DEADLINE_EXCEEDED (REDIS_TIMEOUT)  not all replies came within `timeout`,
  //   UNAVAILABLE (REDIS_CONNECTION_LOST)  the connection broke,
  //   CANCELLED (REDIS_INTERRUPTED)      Interrupt() was called.
  absl::StatusOr<std::vector<RedisReply>> Run(
      const std::vector<RedisCommand>& commands, absl::Duration timeout);

  // Returns whether the connection is open and silent, as it must be between
  // two commands.
  bool Idle() const;

  // Ends the Run() that is waiting now, or else the next one. Thread-safe.
  void Interrupt();

 private:
  struct ContextDeleter {
    void operator()(redisContext* context) const;
  };
  using Context = std::unique_ptr<redisContext, ContextDeleter>;

  RedisConnection(Context context, int interrupt_fd);

  absl::Status Exchange(const std::vector<RedisCommand>& commands,
                        absl::Duration timeout,
                        std::vector<RedisReply>& replies);

  Context context_;
  const int interrupt_fd_;
  bool broken_ = false;
};

}  // namespace crm

#endif  // CRM_SHARED_REDIS_CONNECTION_H_

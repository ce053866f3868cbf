// The client of one Redis server, shared by the threads of a process.
//
// One connection carries the commands of all: what is issued while the last
// ones are under way goes out together, so the more is asked, the less each
// costs.
//
// Redis holds nothing that cannot be rebuilt, so a call to it either answers
// soon or fails soon: every call has a deadline, what may wait is bounded, and
// while the server is down calls fail at once without trying. There are no
// retries here; connections are tried as often as the breaker lets calls pass.

#ifndef CRM_SHARED_REDIS_CLIENT_H_
#define CRM_SHARED_REDIS_CLIENT_H_

#include <functional>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shared/base/clock.h"
#include "shared/redis/address_resolver.h"
#include "shared/redis/circuit_breaker.h"
#include "shared/redis/connection.h"
#include "shared/redis/endpoint.h"
#include "shared/redis/quota.h"
#include "shared/redis/reply.h"
#include "shared/redis/session.h"
#include "shared/redis/wire.h"

namespace crm {

// Runs a session on a thread of its own. Thread-safe.
class RedisClient {
 public:
  struct Options {
    RedisEndpoint endpoint;
    absl::Duration connect_timeout = absl::Milliseconds(50);
    // For calls that name no timeout of their own.
    absl::Duration command_timeout = absl::Milliseconds(20);
    // The most commands, and bytes of commands, that may be unanswered.
    size_t max_commands = 16 * 1024;
    size_t max_bytes = 64 * 1024 * 1024;
    CircuitBreaker::Options breaker;
    // Called by the client's thread when an established connection has ended,
    // before the commands that were under way on it fail. May be empty.
    std::function<void()> on_disconnect;
  };

  RedisClient(Options options, const Clock& clock);

  // Fails what is under way with CANCELLED (REDIS_INTERRUPTED).
  ~RedisClient();
  RedisClient(const RedisClient&) = delete;
  RedisClient& operator=(const RedisClient&) = delete;

  // Sends the commands one after the other; those of other callers may run
  // between them. `done` is called once, by the client's thread or before this
  // returns; it must not block, and may call this. It is given a reply for each
  // command (an error reply is a reply), or else
  //   UNAVAILABLE (REDIS_DOWN)        the breaker is open,
  //   UNAVAILABLE (REDIS_QUEUE_FULL)  too much is unanswered,
  //   UNAVAILABLE (REDIS_CONNECT, REDIS_CONNECTION_LOST),
  //   DEADLINE_EXCEEDED (REDIS_TIMEOUT).
  // After the last two the commands may or may not have been executed.
  void Send(const std::vector<RedisCommand>& commands, absl::Duration timeout,
            RedisDone done);

  // The same for one command, which is copied once.
  void SendOne(std::initializer_list<absl::string_view> command,
               absl::Duration timeout, RedisDone done);

  // Sends the commands and waits. Returns what `done` of Send() is given. Must
  // not be called by a function that the client calls.
  absl::StatusOr<std::vector<RedisReply>> Pipeline(
      const std::vector<RedisCommand>& commands, absl::Duration timeout);

  // Sends one command and waits for its reply. An error reply is returned as
  // RedisReply::status() says. Else returns an error of Pipeline().
  absl::StatusOr<RedisReply> Command(const RedisCommand& command);
  absl::StatusOr<RedisReply> Command(const RedisCommand& command,
                                     absl::Duration timeout);

  // Makes a connection of the caller's own, for commands that block on purpose.
  // Returns UNAVAILABLE (REDIS_CONNECT). The breaker is neither asked nor told.
  absl::StatusOr<std::unique_ptr<RedisConnection>> Dedicated();

  // Returns the timeout of calls that name none.
  absl::Duration command_timeout() const { return options_.command_timeout; }

  // Returns whether calls are let through.
  bool healthy() const { return breaker_.closed(); }

 private:
  // Sends `count` commands, not 0, as AppendCommand() writes them.
  void SendBytes(std::string bytes, size_t count, absl::Duration timeout,
                 RedisDone done);
  void Loop();
  // Hands what was sent to the session. Returns whether to go on.
  bool TakeInbox(RedisSession& session);
  // Waits until there is something to do; returns the events of the socket.
  short Wait(const RedisSession::Interest& interest);

  const Options options_;
  AddressResolver resolver_;
  CircuitBreaker breaker_;
  RedisQuota quota_;
  const int wake_fd_;

  std::mutex mutex_;
  std::vector<RedisSession::Request> inbox_;
  // What the thread has taken out of it; empty but for a moment.
  std::vector<RedisSession::Request> taken_;
  // Whether the thread has to be woken to look into the inbox.
  bool asleep_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace crm

#endif  // CRM_SHARED_REDIS_CLIENT_H_

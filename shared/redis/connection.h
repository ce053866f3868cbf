// One connection to a Redis server whose owner waits for its replies, with a
// deadline on every wait.
//
// For commands that block on purpose and for what a server says unasked; the
// rest goes through RedisClient. Every wait is a poll() with the time that is
// left, so neither a server that hangs nor one that trickles can hold a thread.

#ifndef CRM_SHARED_REDIS_CONNECTION_H_
#define CRM_SHARED_REDIS_CONNECTION_H_

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shared/redis/reply.h"
#include "shared/redis/wire.h"

namespace crm {

// Makes writes to a closed socket or pipe return an error instead of ending the
// process. Called once in main.
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

  // Has `command` sent by the next Receive().
  void Send(const RedisCommand& command);

  // Returns the next reply, of a command that was sent or of none, as the
  // messages of a subscription are. Returns the errors of Run(); after a
  // REDIS_TIMEOUT the connection is still of use.
  absl::StatusOr<RedisReply> Receive(absl::Duration timeout);

  // Returns whether the connection is open and silent, as it must be between
  // two commands.
  bool Idle() const;

  // Ends the Run() that is waiting now, or else the next one. Thread-safe.
  void Interrupt();

 private:
  RedisConnection(std::unique_ptr<RedisWire> wire, int interrupt_fd);

  // Waits for the socket and takes what comes until `replies_` has `count`.
  absl::Status Exchange(size_t count, absl::Duration timeout);

  const std::unique_ptr<RedisWire> wire_;
  const int interrupt_fd_;
  // What has come and was not returned yet.
  std::deque<RedisReply> replies_;
  bool broken_ = false;
};

}  // namespace crm

#endif  // CRM_SHARED_REDIS_CONNECTION_H_

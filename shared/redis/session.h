// Commands under way on one connection that is made when it is needed: what is
// sent when, which reply is whose, and what is given up.
//
// All that is issued between two flushes goes out in one write, whoever issued
// it, and replies are matched to commands by their order; that is what makes a
// session fast. Nothing here waits and no thread is started: a driver, which
// may be any event loop, watches the socket and the time and calls Turn() and
// Flush(). RedisClient is such a driver.

#ifndef CRM_SHARED_REDIS_SESSION_H_
#define CRM_SHARED_REDIS_SESSION_H_

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shared/redis/address_resolver.h"
#include "shared/redis/circuit_breaker.h"
#include "shared/redis/quota.h"
#include "shared/redis/reply.h"
#include "shared/redis/wire.h"

namespace crm {

// Is given a reply for each command, in order, or one error for all of them.
using RedisDone =
    absl::AnyInvocable<void(absl::StatusOr<std::vector<RedisReply>>) &&>;

// Thread-compatible. Functions that are called back may send, and must not
// destroy the session.
class RedisSession {
 public:
  // Waiting for the kernel is timed by its monotonic clock, never by a clock
  // that a test holds still.
  using Time = std::chrono::steady_clock::time_point;

  struct Options {
    int port = 0;
    absl::Duration connect_timeout;
    // Called when an established connection has ended, before the commands that
    // were under way on it fail. May be empty.
    std::function<void()> on_disconnect;
  };

  // Commands that are sent together.
  struct Request {
    // The commands as they are sent, and how many there are; not 0.
    std::string bytes;
    size_t count;
    // Counts from Send() on: a process that is short of processor time says
    // nothing about the server.
    absl::Duration timeout;
    RedisQuota::Hold hold;
    RedisDone done;
  };

  // `resolver` and `breaker` outlive this. The breaker is told how it goes; to
  // ask it is for the sender.
  RedisSession(Options options, AddressResolver& resolver,
               CircuitBreaker& breaker);

  // Fails what is under way with CANCELLED (REDIS_INTERRUPTED).
  ~RedisSession();
  RedisSession(const RedisSession&) = delete;
  RedisSession& operator=(const RedisSession&) = delete;

  // Takes commands at `now` for the next Flush(). `done` is called once, from
  // Turn(), Flush() or the destructor.
  void Send(Request request, Time now);

  // What to wait for before the next Turn().
  struct Interest {
    // The socket, -1 for none, and whether to watch it for writing besides.
    int fd = -1;
    bool write = false;
    // The time at which Turn() is due in any case.
    Time until = Time::max();
  };
  Interest interest() const;

  // Does what can be done now: reads and writes where the socket is ready, and
  // gives up what is overdue.
  void Turn(bool readable, bool writable);

  // Sends what was taken, in one write; connects first where there is no
  // connection.
  void Flush();

 private:
  // Commands that were not sent yet.
  struct Waiting {
    Request request;
    Time deadline;
  };
  // Commands that were sent.
  struct Flight {
    size_t left;
    std::vector<RedisReply> replies;
    Time deadline;
    RedisQuota::Hold hold;
    // Empty once the sender was told that there is no answer in time: what
    // comes late is dropped, and never taken for that of another command.
    RedisDone done;
  };

  void Connect();
  absl::Status Move(bool readable, bool writable);
  void OnReply(RedisReply reply);
  void Finish(Flight& flight);
  void GiveUpOverdue(Time now);
  // Ends the connection, and fails what was sent on it.
  void Disconnect(const absl::Status& why);
  // Fails what was not sent yet.
  void FailWaiting(const absl::Status& why);

  const Options options_;
  AddressResolver& resolver_;
  CircuitBreaker& breaker_;
  // Null while there is no connection and none is being made.
  std::unique_ptr<RedisWire> wire_;
  Time connect_deadline_;
  std::deque<Waiting> waiting_;
  std::deque<Flight> flying_;
  // When something may be overdue; never later than that.
  Time next_check_ = Time::max();
  // The server has said that it does not serve; nothing more is sent here.
  bool retiring_ = false;
  // The server has sent a reply to nothing.
  bool out_of_step_ = false;
};

}  // namespace crm

#endif  // CRM_SHARED_REDIS_SESSION_H_

// The bytes between this process and a Redis server: commands out, replies in.
//
// This is the only file that uses hiredis: its reader of replies and its way to
// open a socket. Nothing here waits. Whoever owns a wire watches its socket, by
// poll() or by an event loop, and says when there is something to do; hiredis's
// own loops, its timeouts and redisReconnect() are not used.

#ifndef CRM_SHARED_REDIS_WIRE_H_
#define CRM_SHARED_REDIS_WIRE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "shared/redis/reply.h"

struct redisContext;

namespace crm {

// A command and its arguments, any bytes.
using RedisCommand = std::vector<std::string>;

// Appends `command` to `bytes` as it is sent.
void AppendCommand(absl::Span<const absl::string_view> command,
                   std::string& bytes);
void AppendCommand(const RedisCommand& command, std::string& bytes);

// What can go wrong between here and a server: UNAVAILABLE (REDIS_CONNECT),
// UNAVAILABLE (REDIS_CONNECTION_LOST), DEADLINE_EXCEEDED (REDIS_TIMEOUT) and
// CANCELLED (REDIS_INTERRUPTED).
absl::Status RedisConnectFailed(absl::string_view why);
absl::Status RedisConnectionLost(absl::string_view why);
absl::Status RedisTimeout();
absl::Status RedisInterrupted();

// One connection. After an error it is of no more use. What a server sends is
// bounded: a reply is at most 512 MiB and an array in it 2^20 elements, and
// memory grows with what has come, not with what a header claims.
// Thread-compatible.
class RedisWire {
 public:
  // Begins to connect to `address`, a literal IPv4 or IPv6 address. Returns
  // UNAVAILABLE (REDIS_CONNECT).
  static absl::StatusOr<std::unique_ptr<RedisWire>> Open(
      const std::string& address, int port);

  RedisWire(const RedisWire&) = delete;
  RedisWire& operator=(const RedisWire&) = delete;

  // The socket to watch: always for reading, and for writing as long as
  // wants_write().
  int fd() const;
  bool wants_write() const { return !connected_ || unsent() > 0; }

  // Whether the server has accepted the connection.
  bool connected() const { return connected_; }

  // What is sent next; the owner appends to it.
  std::string& outgoing() { return outgoing_; }
  size_t unsent() const { return outgoing_.size() - sent_; }

  // Completes the connection, and sends what the socket takes. Called before
  // there is a connection only when the socket can be written. Returns
  // UNAVAILABLE (REDIS_CONNECT, REDIS_CONNECTION_LOST).
  absl::Status Write();

  // Reads some of what has come, and calls `on_reply` for each reply that is
  // complete; the socket stays readable if there is more. Returns UNAVAILABLE
  // (REDIS_CONNECTION_LOST).
  absl::Status Read(absl::FunctionRef<void(RedisReply)> on_reply);

 private:
  struct ContextDeleter {
    void operator()(redisContext* context) const;
  };
  using Context = std::unique_ptr<redisContext, ContextDeleter>;

  explicit RedisWire(Context context) : context_(std::move(context)) {}

  absl::Status FinishConnect();
  // Reads replies from what has come.
  absl::Status Feed(absl::string_view bytes,
                    absl::FunctionRef<void(RedisReply)> on_reply);

  Context context_;
  bool connected_ = false;
  std::string outgoing_;
  // How much of `outgoing_` has gone.
  size_t sent_ = 0;
  // Bytes read since the last reply was complete.
  size_t partial_ = 0;
  // The reply that is being read.
  RedisReply reply_;
};

}  // namespace crm

#endif  // CRM_SHARED_REDIS_WIRE_H_

#include "shared/redis/wire.h"

#include <hiredis/hiredis.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm {
namespace {

// What one Read() takes. It is little, so that the server has the next commands
// before all its replies have been looked at.
constexpr size_t kReadBytes = 32 * 1024;
// What the reader is given of it at a time: with each reply it moves what is
// left of its buffer.
constexpr size_t kFedBytes = 2 * 1024;

// The longest reply: as Redis's own bound of one string.
constexpr size_t kMaxReplyBytes = 512 * 1024 * 1024;
constexpr int kMaxArrayElements = 1 << 20;
// Elements for which room is made before they have come.
constexpr int kReservedElements = 32;

// An output buffer that has grown beyond this is given back.
constexpr size_t kKeptOutputBytes = 256 * 1024;

// The functions by which hiredis's reader builds a reply. It builds depth
// first: an array grows only while nothing in it is being built, so pointers to
// the arrays on the way down stay valid. Nesting is bounded by the reader,
// which refuses more than 7 levels.
RedisReply* Place(const redisReadTask* task) {
  if (task->parent == nullptr) {
    auto* whole = static_cast<RedisReply*>(task->privdata);
    whole->value = {};
    return whole;
  }
  auto* parent = static_cast<RedisReply*>(task->parent->obj);
  return &std::get<RedisArray>(parent->value).elements.emplace_back();
}

void* CreateString(const redisReadTask* task, char* bytes, size_t size) {
  RedisReply* const reply = Place(task);
  switch (task->type) {
    case REDIS_REPLY_STATUS:
      reply->value = RedisStatus{std::string(bytes, size)};
      break;
    case REDIS_REPLY_ERROR:
      reply->value = RedisError{std::string(bytes, size)};
      break;
    default:
      reply->value = RedisString{std::string(bytes, size)};
  }
  return reply;
}

// The reader takes a missing object for lack of memory and breaks off.
void* CreateArray(const redisReadTask* task, int elements) {
  if (elements > kMaxArrayElements) return nullptr;
  RedisReply* const reply = Place(task);
  reply->value.emplace<RedisArray>().elements.reserve(
      std::min(elements, kReservedElements));
  return reply;
}

void* CreateInteger(const redisReadTask* task, long long value) {
  RedisReply* const reply = Place(task);
  reply->value = static_cast<int64_t>(value);
  return reply;
}

void* CreateNil(const redisReadTask* task) { return Place(task); }

// Called for whole replies alone, which the wire owns.
void FreeReply(void* /*reply*/) {}

redisReplyObjectFunctions* ReplyFunctions() {
  static redisReplyObjectFunctions functions = {
      CreateString, CreateArray, CreateInteger, CreateNil, FreeReply};
  return &functions;
}

}  // namespace

void AppendCommand(absl::Span<const absl::string_view> command,
                   std::string& bytes) {
  // For each the mark, the digits of a length, and two ends of lines.
  constexpr size_t kOverhead = 16;
  size_t size = kOverhead;
  for (const absl::string_view argument : command) {
    size += kOverhead + argument.size();
  }
  // Grows as appending would, so that many commands are not moved by each.
  const size_t least = bytes.size() + size;
  if (least > bytes.capacity()) {
    bytes.reserve(std::max(least, 2 * bytes.capacity()));
  }
  absl::StrAppend(&bytes, "*", command.size(), "\r\n");
  for (const absl::string_view argument : command) {
    absl::StrAppend(&bytes, "$", argument.size(), "\r\n", argument, "\r\n");
  }
}

void AppendCommand(const RedisCommand& command, std::string& bytes) {
  AppendCommand(
      absl::InlinedVector<absl::string_view, 8>(command.begin(), command.end()),
      bytes);
}

absl::Status RedisConnectFailed(absl::string_view why) {
  return Unavailable("REDIS_CONNECT",
                     absl::StrCat("Redis cannot be reached: ", why, "."));
}

absl::Status RedisConnectionLost(absl::string_view why) {
  return Unavailable("REDIS_CONNECTION_LOST",
                     absl::StrCat("The connection to Redis broke: ", why, "."));
}

absl::Status RedisTimeout() {
  return MakeError(absl::StatusCode::kDeadlineExceeded, "REDIS_TIMEOUT",
                   "Redis did not answer in time.");
}

absl::Status RedisInterrupted() {
  return MakeError(absl::StatusCode::kCancelled, "REDIS_INTERRUPTED",
                   "Waiting for Redis was interrupted.");
}

void RedisWire::ContextDeleter::operator()(redisContext* context) const {
  redisFree(context);
}

absl::StatusOr<std::unique_ptr<RedisWire>> RedisWire::Open(
    const std::string& address, int port) {
  Context context(redisConnectNonBlock(address.c_str(), port));
  if (context == nullptr) return RedisConnectFailed("out of memory");
  if (context->err != 0) return RedisConnectFailed(context->errstr);
  std::unique_ptr<RedisWire> wire(new RedisWire(std::move(context)));
  redisReader* const reader = wire->context_->reader;
  reader->fn = ReplyFunctions();
  reader->privdata = &wire->reply_;
  return wire;
}

int RedisWire::fd() const { return context_->fd; }

absl::Status RedisWire::FinishConnect() {
  int error = 0;
  socklen_t size = sizeof(error);
  if (getsockopt(fd(), SOL_SOCKET, SO_ERROR, &error, &size) != 0 ||
      error != 0) {
    return RedisConnectFailed("connection refused");
  }
  connected_ = true;
  return absl::OkStatus();
}

absl::Status RedisWire::Write() {
  if (!connected_) CRM_RETURN_IF_ERROR(FinishConnect());
  while (unsent() > 0) {
    const ssize_t sent =
        send(fd(), outgoing_.data() + sent_, unsent(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) break;
    if (sent < 0) return RedisConnectionLost("writing failed");
    sent_ += static_cast<size_t>(sent);
  }
  if (unsent() > 0) {
    if (sent_ > kKeptOutputBytes) outgoing_.erase(0, std::exchange(sent_, 0));
    return absl::OkStatus();
  }
  sent_ = 0;
  outgoing_.clear();
  if (outgoing_.capacity() > kKeptOutputBytes) outgoing_.shrink_to_fit();
  return absl::OkStatus();
}

absl::Status RedisWire::Read(absl::FunctionRef<void(RedisReply)> on_reply) {
  char buffer[kReadBytes];
  const ssize_t size = recv(fd(), buffer, sizeof(buffer), 0);
  if (size < 0 && (errno == EINTR || errno == EAGAIN)) return absl::OkStatus();
  if (size < 0) return RedisConnectionLost("reading failed");
  if (size == 0) return RedisConnectionLost("the server closed it");
  absl::string_view left(buffer, static_cast<size_t>(size));
  while (!left.empty()) {
    const absl::string_view fed = left.substr(0, kFedBytes);
    left.remove_prefix(fed.size());
    CRM_RETURN_IF_ERROR(Feed(fed, on_reply));
  }
  return absl::OkStatus();
}

absl::Status RedisWire::Feed(absl::string_view bytes,
                             absl::FunctionRef<void(RedisReply)> on_reply) {
  redisReader* const reader = context_->reader;
  partial_ += bytes.size();
  redisReaderFeed(reader, bytes.data(), bytes.size());
  for (;;) {
    void* whole = nullptr;
    if (redisReaderGetReply(reader, &whole) != REDIS_OK) {
      return RedisConnectionLost(reader->errstr);
    }
    if (whole == nullptr) break;
    partial_ = 0;
    on_reply(std::exchange(reply_, {}));
  }
  if (partial_ > kMaxReplyBytes) {
    return RedisConnectionLost("a reply is longer than 512 MiB");
  }
  return absl::OkStatus();
}

}  // namespace crm

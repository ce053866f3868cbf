#include "shared/redis/wire.h"

#include <hiredis/hiredis.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm {
namespace {

// What one Read() takes. It is little, so that the server has the next commands
// before all its replies have been looked at, and because hiredis moves what is
// left of its buffer with each reply.
constexpr size_t kReadBytes = 16 * 1024;

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
void* Place(const redisReadTask* task, RedisReply reply) {
  if (task->parent == nullptr) return new RedisReply(std::move(reply));
  auto* parent = static_cast<RedisReply*>(task->parent->obj);
  auto& elements = std::get<RedisArray>(parent->value).elements;
  elements.push_back(std::move(reply));
  return &elements.back();
}

void* CreateString(const redisReadTask* task, char* bytes, size_t size) {
  std::string text(bytes, size);
  switch (task->type) {
    case REDIS_REPLY_STATUS:
      return Place(task, {RedisStatus{std::move(text)}});
    case REDIS_REPLY_ERROR:
      return Place(task, {RedisError{std::move(text)}});
    default:
      return Place(task, {RedisString{std::move(text)}});
  }
}

// The reader takes a missing object for lack of memory and breaks off.
void* CreateArray(const redisReadTask* task, int elements) {
  if (elements > kMaxArrayElements) return nullptr;
  RedisArray array;
  array.elements.reserve(std::min(elements, kReservedElements));
  return Place(task, {std::move(array)});
}

void* CreateInteger(const redisReadTask* task, long long value) {
  return Place(task, {static_cast<int64_t>(value)});
}

void* CreateNil(const redisReadTask* task) { return Place(task, {}); }

// Called for whole replies alone.
void FreeReply(void* reply) { delete static_cast<RedisReply*>(reply); }

redisReplyObjectFunctions* ReplyFunctions() {
  static redisReplyObjectFunctions functions = {
      CreateString, CreateArray, CreateInteger, CreateNil, FreeReply};
  return &functions;
}

}  // namespace

void AppendCommand(const RedisCommand& command, std::string& bytes) {
  absl::StrAppend(&bytes, "*", command.size(), "\r\n");
  for (const std::string& argument : command) {
    absl::StrAppend(&bytes, "$", argument.size(), "\r\n", argument, "\r\n");
  }
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
  context->reader->fn = ReplyFunctions();
  return std::unique_ptr<RedisWire>(new RedisWire(std::move(context)));
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
  redisReader* reader = context_->reader;
  char buffer[kReadBytes];
  const ssize_t size = recv(fd(), buffer, sizeof(buffer), 0);
  if (size < 0 && (errno == EINTR || errno == EAGAIN)) return absl::OkStatus();
  if (size < 0) return RedisConnectionLost("reading failed");
  if (size == 0) return RedisConnectionLost("the server closed it");
  partial_ += static_cast<size_t>(size);
  redisReaderFeed(reader, buffer, static_cast<size_t>(size));
  for (;;) {
    void* raw = nullptr;
    if (redisReaderGetReply(reader, &raw) != REDIS_OK) {
      return RedisConnectionLost(reader->errstr);
    }
    if (raw == nullptr) break;
    partial_ = 0;
    const std::unique_ptr<RedisReply> reply(static_cast<RedisReply*>(raw));
    on_reply(std::move(*reply));
  }
  if (partial_ > kMaxReplyBytes) {
    return RedisConnectionLost("a reply is longer than 512 MiB");
  }
  return absl::OkStatus();
}

}  // namespace crm

#include "shared/redis/connection.h"

#include <hiredis/hiredis.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm {
namespace {

// Waiting for the kernel is timed by the kernel's monotonic clock, never by a
// clock that a test holds still.
class Deadline {
 public:
  explicit Deadline(absl::Duration timeout)
      : end_(std::chrono::steady_clock::now() +
             absl::ToChronoMilliseconds(
                 std::clamp(timeout, absl::ZeroDuration(), absl::Hours(24)))) {}

  // The time left for poll(), rounded up so that it does not spin at the end.
  int Milliseconds() const {
    const auto left = end_ - std::chrono::steady_clock::now();
    if (left <= std::chrono::steady_clock::duration::zero()) return 0;
    return static_cast<int>(
        std::chrono::ceil<std::chrono::milliseconds>(left).count());
  }

 private:
  const std::chrono::steady_clock::time_point end_;
};

absl::Status Lost(absl::string_view why) {
  return Unavailable("REDIS_CONNECTION_LOST",
                     absl::StrCat("The connection to Redis broke: ", why, "."));
}

// Waits until `fd` is ready for `events`. `interrupt_fd` may be -1.
absl::Status WaitFor(int fd, int interrupt_fd, short events,
                     const Deadline& deadline) {
  for (;;) {
    pollfd polled[2] = {{fd, events, 0}, {interrupt_fd, POLLIN, 0}};
    const int ready = poll(polled, 2, deadline.Milliseconds());
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) return Lost("poll failed");
    if (polled[1].revents != 0) {
      return MakeError(absl::StatusCode::kCancelled, "REDIS_INTERRUPTED",
                       "Waiting for Redis was interrupted.");
    }
    if (ready == 0) {
      return MakeError(absl::StatusCode::kDeadlineExceeded, "REDIS_TIMEOUT",
                       "Redis did not answer in time.");
    }
    return absl::OkStatus();
  }
}

// Nesting is bounded by hiredis's reader, which refuses more than 7 levels.
RedisReply ToReply(const redisReply& reply) {
  switch (reply.type) {
    case REDIS_REPLY_INTEGER:
      return {static_cast<int64_t>(reply.integer)};
    case REDIS_REPLY_STRING:
      return {RedisString{std::string(reply.str, reply.len)}};
    case REDIS_REPLY_STATUS:
      return {RedisStatus{std::string(reply.str, reply.len)}};
    case REDIS_REPLY_ERROR:
      return {RedisError{std::string(reply.str, reply.len)}};
    case REDIS_REPLY_ARRAY: {
      RedisArray array;
      array.elements.reserve(reply.elements);
      for (size_t i = 0; i < reply.elements; ++i) {
        array.elements.push_back(ToReply(*reply.element[i]));
      }
      return {std::move(array)};
    }
    default:
      return {};
  }
}

// The most elements of one array in a reply. hiredis allocates what an array
// claims to hold before any of it has come: 16 GiB for eleven bytes.
constexpr int kMaxArrayElements = 1 << 20;

const redisReplyObjectFunctions& DefaultFunctions() {
  static const redisReplyObjectFunctions functions = [] {
    redisReader* reader = redisReaderCreate();
    const redisReplyObjectFunctions copy = *reader->fn;
    redisReaderFree(reader);
    return copy;
  }();
  return functions;
}

// The reader takes a missing object for lack of memory and breaks off.
void* CreateBoundedArray(const redisReadTask* task, int elements) {
  if (elements > kMaxArrayElements) return nullptr;
  return DefaultFunctions().createArray(task, elements);
}

void BoundReplies(redisContext& context) {
  static redisReplyObjectFunctions functions = [] {
    redisReplyObjectFunctions bounded = DefaultFunctions();
    bounded.createArray = CreateBoundedArray;
    return bounded;
  }();
  context.reader->fn = &functions;
}

absl::Status Append(redisContext& context, const RedisCommand& command) {
  std::vector<const char*> arguments;
  std::vector<size_t> lengths;
  for (const std::string& argument : command) {
    arguments.push_back(argument.data());
    lengths.push_back(argument.size());
  }
  if (redisAppendCommandArgv(&context, static_cast<int>(arguments.size()),
                             arguments.data(), lengths.data()) != REDIS_OK) {
    return Lost(context.errstr);
  }
  return absl::OkStatus();
}

absl::Status ConnectError(absl::string_view why) {
  return Unavailable("REDIS_CONNECT",
                     absl::StrCat("Redis cannot be reached: ", why, "."));
}

// Finishes a connect() that is under way.
absl::Status FinishConnect(int fd, absl::Duration timeout) {
  if (!WaitFor(fd, -1, POLLOUT, Deadline(timeout)).ok()) {
    return ConnectError("no connection in time");
  }
  int error = 0;
  socklen_t size = sizeof(error);
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) {
    return ConnectError("connection refused");
  }
  return absl::OkStatus();
}

}  // namespace

void IgnoreSigpipe() { std::signal(SIGPIPE, SIG_IGN); }

void RedisConnection::ContextDeleter::operator()(redisContext* context) const {
  redisFree(context);
}

RedisConnection::RedisConnection(Context context, int interrupt_fd)
    : context_(std::move(context)), interrupt_fd_(interrupt_fd) {}

RedisConnection::~RedisConnection() { close(interrupt_fd_); }

absl::StatusOr<std::unique_ptr<RedisConnection>> RedisConnection::Connect(
    const std::string& address, int port, absl::Duration timeout) {
  Context context(redisConnectNonBlock(address.c_str(), port));
  if (context == nullptr) return ConnectError("out of memory");
  if (context->err != 0) return ConnectError(context->errstr);
  BoundReplies(*context);
  CRM_RETURN_IF_ERROR(FinishConnect(context->fd, timeout));
  const int interrupt_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (interrupt_fd < 0) return ConnectError("no file descriptor left");
  return std::unique_ptr<RedisConnection>(
      new RedisConnection(std::move(context), interrupt_fd));
}

absl::StatusOr<std::vector<RedisReply>> RedisConnection::Run(
    const std::vector<RedisCommand>& commands, absl::Duration timeout) {
  if (broken_) return Lost("it was given up before");
  std::vector<RedisReply> replies;
  replies.reserve(commands.size());
  absl::Status status = Exchange(commands, timeout, replies);
  if (!status.ok()) {
    broken_ = true;
    return status;
  }
  return replies;
}

absl::Status RedisConnection::Exchange(
    const std::vector<RedisCommand>& commands, absl::Duration timeout,
    std::vector<RedisReply>& replies) {
  const Deadline deadline(timeout);
  for (const RedisCommand& command : commands) {
    CRM_RETURN_IF_ERROR(Append(*context_, command));
  }
  int sent = 0;
  while (replies.size() < commands.size()) {
    void* raw = nullptr;
    if (redisGetReplyFromReader(context_.get(), &raw) != REDIS_OK) {
      return Lost(context_->errstr);
    }
    if (raw != nullptr) {
      replies.push_back(ToReply(*static_cast<redisReply*>(raw)));
      freeReplyObject(raw);
      continue;
    }
    // Replies are read while commands are still being written: a server whose
    // output is full stops reading.
    const short events = sent ? POLLIN : POLLIN | POLLOUT;
    CRM_RETURN_IF_ERROR(WaitFor(context_->fd, interrupt_fd_, events, deadline));
    if (!sent && redisBufferWrite(context_.get(), &sent) != REDIS_OK) {
      return Lost(context_->errstr);
    }
    if (redisBufferRead(context_.get()) != REDIS_OK) {
      return Lost(context_->errstr);
    }
  }
  return absl::OkStatus();
}

bool RedisConnection::Idle() const {
  if (broken_) return false;
  pollfd polled = {context_->fd, POLLIN, 0};
  return poll(&polled, 1, 0) == 0;
}

void RedisConnection::Interrupt() {
  // Fails only if the counter is full, when it is set already.
  [[maybe_unused]] const int result = eventfd_write(interrupt_fd_, 1);
}

}  // namespace crm

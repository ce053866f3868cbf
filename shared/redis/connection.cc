#include "shared/redis/connection.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <utility>

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

// Waits until `fd` is ready for `events`, and returns for which it is.
// `interrupt_fd` may be -1.
absl::StatusOr<short> WaitFor(int fd, int interrupt_fd, short events,
                              const Deadline& deadline) {
  for (;;) {
    pollfd polled[2] = {{fd, events, 0}, {interrupt_fd, POLLIN, 0}};
    const int ready = poll(polled, 2, deadline.Milliseconds());
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) return RedisConnectionLost("poll failed");
    if (polled[1].revents != 0) return RedisInterrupted();
    if (ready == 0) return RedisTimeout();
    return polled[0].revents;
  }
}

}  // namespace

void IgnoreSigpipe() { std::signal(SIGPIPE, SIG_IGN); }

RedisConnection::RedisConnection(std::unique_ptr<RedisWire> wire,
                                 int interrupt_fd)
    : wire_(std::move(wire)), interrupt_fd_(interrupt_fd) {}

RedisConnection::~RedisConnection() { close(interrupt_fd_); }

absl::StatusOr<std::unique_ptr<RedisConnection>> RedisConnection::Connect(
    const std::string& address, int port, absl::Duration timeout) {
  CRM_ASSIGN_OR_RETURN(std::unique_ptr<RedisWire> wire,
                       RedisWire::Open(address, port));
  if (!WaitFor(wire->fd(), -1, POLLOUT, Deadline(timeout)).ok()) {
    return RedisConnectFailed("no connection in time");
  }
  CRM_RETURN_IF_ERROR(wire->Write());
  const int interrupt_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (interrupt_fd < 0) return RedisConnectFailed("no file descriptor left");
  return std::unique_ptr<RedisConnection>(
      new RedisConnection(std::move(wire), interrupt_fd));
}

absl::StatusOr<std::vector<RedisReply>> RedisConnection::Run(
    const std::vector<RedisCommand>& commands, absl::Duration timeout) {
  if (broken_) return RedisConnectionLost("it was given up before");
  if (!replies_.empty()) {
    broken_ = true;
    return RedisConnectionLost("there was a reply to nothing");
  }
  for (const RedisCommand& command : commands) Send(command);
  absl::Status status = Exchange(commands.size(), timeout);
  if (!status.ok()) {
    broken_ = true;
    return status;
  }
  const auto end = replies_.begin() + static_cast<ptrdiff_t>(commands.size());
  std::vector<RedisReply> replies(std::make_move_iterator(replies_.begin()),
                                  std::make_move_iterator(end));
  replies_.erase(replies_.begin(), end);
  return replies;
}

void RedisConnection::Send(const RedisCommand& command) {
  AppendCommand(command, wire_->outgoing());
}

absl::StatusOr<RedisReply> RedisConnection::Receive(absl::Duration timeout) {
  if (broken_) return RedisConnectionLost("it was given up before");
  absl::Status status = Exchange(1, timeout);
  if (!status.ok()) {
    broken_ = !absl::IsDeadlineExceeded(status);
    return status;
  }
  RedisReply reply = std::move(replies_.front());
  replies_.pop_front();
  return reply;
}

absl::Status RedisConnection::Exchange(size_t count, absl::Duration timeout) {
  const Deadline deadline(timeout);
  while (replies_.size() < count) {
    // Replies are read while commands are still being written: a server whose
    // output is full stops reading.
    const short events = wire_->wants_write() ? POLLIN | POLLOUT : POLLIN;
    CRM_ASSIGN_OR_RETURN(const short ready,
                         WaitFor(wire_->fd(), interrupt_fd_, events, deadline));
    if ((ready & POLLOUT) != 0) CRM_RETURN_IF_ERROR(wire_->Write());
    CRM_RETURN_IF_ERROR(wire_->Read(
        [this](RedisReply reply) { replies_.push_back(std::move(reply)); }));
  }
  return absl::OkStatus();
}

bool RedisConnection::Idle() const {
  if (broken_ || !replies_.empty()) return false;
  pollfd polled = {wire_->fd(), POLLIN, 0};
  return poll(&polled, 1, 0) == 0;
}

void RedisConnection::Interrupt() {
  // Fails only if the counter is full, when it is set already.
  [[maybe_unused]] const int result = eventfd_write(interrupt_fd_, 1);
}

}  // namespace crm

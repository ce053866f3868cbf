#include "shared/redis/client.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm {
namespace {

// The time until `end` for poll(), rounded up so that it does not spin.
int PollTimeout(RedisSession::Time end) {
  if (end == RedisSession::Time::max()) return -1;
  const auto left = end - std::chrono::steady_clock::now();
  if (left <= std::chrono::steady_clock::duration::zero()) return 0;
  const auto milliseconds =
      std::chrono::ceil<std::chrono::milliseconds>(left).count();
  return static_cast<int>(
      std::min<int64_t>(milliseconds, std::numeric_limits<int>::max()));
}

// Room for so many requests is kept for the next ones.
constexpr size_t kKeptRequests = 1024;

// A result that one thread waits for.
class Answer {
 public:
  void Set(absl::StatusOr<std::vector<RedisReply>> result) {
    // Notified under the lock: the waiting thread destroys this.
    std::lock_guard lock(mutex_);
    result_ = std::move(result);
    landed_.notify_one();
  }

  absl::StatusOr<std::vector<RedisReply>> Wait() {
    std::unique_lock lock(mutex_);
    landed_.wait(lock, [this] { return result_.has_value(); });
    return *std::move(result_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable landed_;
  std::optional<absl::StatusOr<std::vector<RedisReply>>> result_;
};

}  // namespace

RedisClient::RedisClient(Options options, const Clock& clock)
    : options_(std::move(options)),
      resolver_(options_.endpoint.host),
      breaker_(options_.breaker, clock),
      quota_(options_.max_commands, options_.max_bytes),
      wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  // Without a way to wake it there is no thread, and every call fails.
  if (wake_fd_ >= 0) thread_ = std::thread([this] { Loop(); });
}

RedisClient::~RedisClient() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  if (wake_fd_ < 0) return;
  eventfd_write(wake_fd_, 1);
  thread_.join();
  close(wake_fd_);
}

void RedisClient::Send(const std::vector<RedisCommand>& commands,
                       absl::Duration timeout, RedisDone done) {
  if (commands.empty()) return std::move(done)(std::vector<RedisReply>());
  std::string bytes;
  for (const RedisCommand& command : commands) AppendCommand(command, bytes);
  SendBytes(std::move(bytes), commands.size(), timeout, std::move(done));
}

void RedisClient::SendOne(std::initializer_list<absl::string_view> command,
                          absl::Duration timeout, RedisDone done) {
  std::string bytes;
  AppendCommand(command, bytes);
  SendBytes(std::move(bytes), 1, timeout, std::move(done));
}

void RedisClient::SendBytes(std::string bytes, size_t count,
                            absl::Duration timeout, RedisDone done) {
  if (wake_fd_ < 0) {
    return std::move(done)(RedisConnectFailed("no file descriptor is left"));
  }
  if (!breaker_.Allow()) {
    return std::move(done)(Unavailable(
        "REDIS_DOWN", "Redis does not answer; it is tried again soon."));
  }
  std::optional<RedisQuota::Hold> hold = quota_.Take(count, bytes.size());
  if (!hold.has_value()) {
    return std::move(done)(
        Unavailable("REDIS_QUEUE_FULL",
                    "Redis has too much to answer already; try again later."));
  }
  RedisSession::Request request{std::move(bytes), count, timeout,
                                *std::move(hold), std::move(done)};
  std::unique_lock lock(mutex_);
  if (stopping_) {
    lock.unlock();
    return std::move(request.done)(RedisInterrupted());
  }
  inbox_.push_back(std::move(request));
  const bool wake = std::exchange(asleep_, false);
  lock.unlock();
  if (wake) eventfd_write(wake_fd_, 1);
}

absl::StatusOr<std::vector<RedisReply>> RedisClient::Pipeline(
    const std::vector<RedisCommand>& commands, absl::Duration timeout) {
  Answer answer;
  Send(commands, timeout,
       [&answer](absl::StatusOr<std::vector<RedisReply>> replies) {
         answer.Set(std::move(replies));
       });
  return answer.Wait();
}

absl::StatusOr<RedisReply> RedisClient::Command(const RedisCommand& command) {
  return Command(command, options_.command_timeout);
}

absl::StatusOr<RedisReply> RedisClient::Command(const RedisCommand& command,
                                                absl::Duration timeout) {
  CRM_ASSIGN_OR_RETURN(std::vector<RedisReply> replies,
                       Pipeline({command}, timeout));
  CRM_RETURN_IF_ERROR(replies.front().status());
  return std::move(replies.front());
}

absl::StatusOr<std::unique_ptr<RedisConnection>> RedisClient::Dedicated() {
  const std::string address = resolver_.address();
  absl::StatusOr<std::unique_ptr<RedisConnection>> connection =
      address.empty()
          ? RedisConnectFailed("its host has no address yet")
          : RedisConnection::Connect(address, options_.endpoint.port,
                                     options_.connect_timeout);
  if (!connection.ok()) resolver_.Refresh();
  return connection;
}

void RedisClient::Loop() {
  RedisSession session({.port = options_.endpoint.port,
                        .connect_timeout = options_.connect_timeout,
                        .on_disconnect = options_.on_disconnect},
                       resolver_, breaker_);
  while (TakeInbox(session)) {
    session.Flush();
    const short ready = Wait(session.interest());
    const short failed = POLLERR | POLLHUP;
    session.Turn((ready & (POLLIN | failed)) != 0,
                 (ready & (POLLOUT | failed)) != 0);
  }
}

bool RedisClient::TakeInbox(RedisSession& session) {
  bool go_on = false;
  {
    std::lock_guard lock(mutex_);
    taken_.swap(inbox_);
    asleep_ = true;
    go_on = !stopping_;
  }
  const RedisSession::Time now = std::chrono::steady_clock::now();
  for (RedisSession::Request& request : taken_) {
    session.Send(std::move(request), now);
  }
  taken_.clear();
  if (taken_.capacity() > kKeptRequests) taken_.shrink_to_fit();
  return go_on;
}

short RedisClient::Wait(const RedisSession::Interest& interest) {
  const short events = interest.write ? POLLIN | POLLOUT : POLLIN;
  pollfd polled[2] = {{wake_fd_, POLLIN, 0}, {interest.fd, events, 0}};
  // A poll() that fails says of nothing that it is ready, and is tried again.
  if (poll(polled, 2, PollTimeout(interest.until)) < 0) return 0;
  if (polled[0].revents != 0) {
    eventfd_t count = 0;
    eventfd_read(wake_fd_, &count);
  }
  // From here on the thread will look into the inbox without being woken.
  std::lock_guard lock(mutex_);
  asleep_ = false;
  return polled[1].revents;
}

}  // namespace crm

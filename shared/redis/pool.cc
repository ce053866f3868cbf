#include "shared/redis/pool.h"

#include <chrono>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm {
namespace {

// Whether the server cannot serve, as opposed to one command being refused.
bool IsServerFailure(const absl::Status& status) {
  return status.code() == absl::StatusCode::kUnavailable ||
         status.code() == absl::StatusCode::kDeadlineExceeded;
}

absl::Status FirstServerFailure(const std::vector<RedisReply>& replies) {
  for (const RedisReply& reply : replies) {
    absl::Status status = reply.status();
    if (IsServerFailure(status)) return status;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<RedisEndpoint> ParseRedisEndpoint(absl::string_view text) {
  const size_t colon = text.rfind(':');
  RedisEndpoint endpoint;
  absl::string_view host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != absl::string_view::npos) {
    host = "";
  }
  if (colon == absl::string_view::npos || host.empty() ||
      !absl::SimpleAtoi(text.substr(colon + 1), &endpoint.port) ||
      endpoint.port < 1 || endpoint.port > 65535) {
    return InvalidArgument(
        "REDIS_ADDRESS",
        absl::StrCat("'", text,
                     "' is not the address of a Redis server; write it as "
                     "host:port."));
  }
  endpoint.host = std::string(host);
  return endpoint;
}

RedisPool::RedisPool(Options options, const Clock& clock)
    : options_(std::move(options)),
      resolver_(options_.endpoint.host),
      breaker_(options_.breaker, clock) {}

absl::StatusOr<RedisReply> RedisPool::Command(const RedisCommand& command) {
  return Command(command, options_.command_timeout);
}

absl::StatusOr<RedisReply> RedisPool::Command(const RedisCommand& command,
                                              absl::Duration timeout) {
  CRM_ASSIGN_OR_RETURN(std::vector<RedisReply> replies,
                       Pipeline({command}, timeout));
  CRM_RETURN_IF_ERROR(replies.front().status());
  return std::move(replies.front());
}

absl::StatusOr<std::vector<RedisReply>> RedisPool::Pipeline(
    const std::vector<RedisCommand>& commands, absl::Duration timeout) {
  if (commands.empty()) return std::vector<RedisReply>();
  if (!breaker_.Allow()) {
    return Unavailable("REDIS_DOWN",
                       "Redis does not answer; it is tried again soon.");
  }
  return RunAllowed(commands, timeout);
}

absl::StatusOr<std::vector<RedisReply>> RedisPool::RunAllowed(
    const std::vector<RedisCommand>& commands, absl::Duration timeout) {
  absl::StatusOr<std::unique_ptr<RedisConnection>> connection =
      Acquire(timeout);
  if (!connection.ok()) {
    // A pool in full use says nothing about the server.
    if (ErrorReason(connection.status()) == "REDIS_CONNECT") breaker_.Failed();
    return connection.status();
  }
  absl::StatusOr<std::vector<RedisReply>> replies =
      (*connection)->Run(commands, timeout);
  const absl::Status served =
      replies.ok() ? FirstServerFailure(*replies) : replies.status();
  // A server that has become a replica would go on refusing on this connection.
  Release(*std::move(connection), served.ok());
  if (served.ok()) {
    breaker_.Succeeded();
  } else {
    breaker_.Failed();
  }
  return replies;
}

absl::StatusOr<std::unique_ptr<RedisConnection>> RedisPool::Acquire(
    absl::Duration timeout) {
  {
    std::unique_lock lock(mutex_);
    if (!released_.wait_for(lock, absl::ToChronoMicroseconds(timeout),
                            [this] { return used_ < options_.size; })) {
      return Unavailable("REDIS_POOL_EXHAUSTED",
                         "All connections to Redis are in use.");
    }
    ++used_;
    while (!idle_.empty()) {
      std::unique_ptr<RedisConnection> connection = std::move(idle_.back());
      idle_.pop_back();
      // Readable between commands: closed by the server, or out of step.
      if (connection->Idle()) return connection;
    }
  }
  absl::StatusOr<std::unique_ptr<RedisConnection>> connection = Dedicated();
  if (!connection.ok()) Release(nullptr, false);
  return connection;
}

void RedisPool::Release(std::unique_ptr<RedisConnection> connection,
                        bool usable) {
  {
    std::lock_guard lock(mutex_);
    --used_;
    if (usable) idle_.push_back(std::move(connection));
  }
  released_.notify_one();
}

absl::StatusOr<std::unique_ptr<RedisConnection>> RedisPool::Dedicated() {
  const std::string address = resolver_.address();
  absl::StatusOr<std::unique_ptr<RedisConnection>> connection =
      address.empty()
          ? absl::StatusOr<std::unique_ptr<RedisConnection>>(Unavailable(
                "REDIS_CONNECT", "The host of Redis has no address yet."))
          : RedisConnection::Connect(address, options_.endpoint.port,
                                     options_.connect_timeout);
  if (!connection.ok()) resolver_.Refresh();
  return connection;
}

}  // namespace crm

#include "shared/redis/invalidations.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm {
namespace {

constexpr char kChannel[] = "__redis__:invalidate";

absl::Status BadMessage() {
  return Internal("REDIS_REPLY", "Redis sent a message of an unexpected form.");
}

// Sends one command and returns its reply, which is no error.
absl::StatusOr<RedisReply> Ask(RedisConnection& connection,
                               const RedisCommand& command,
                               absl::Duration timeout) {
  CRM_ASSIGN_OR_RETURN(std::vector<RedisReply> replies,
                       connection.Run({command}, timeout));
  CRM_RETURN_IF_ERROR(replies.front().status());
  return std::move(replies.front());
}

}  // namespace

RedisInvalidations::RedisInvalidations(Options options, Listener listener)
    : options_(std::move(options)),
      listener_(std::move(listener)),
      resolver_(options_.endpoint.host),
      thread_([this] { Loop(); }) {}

RedisInvalidations::~RedisInvalidations() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    if (current_ != nullptr) current_->Interrupt();
  }
  changed_.notify_all();
  thread_.join();
}

void RedisInvalidations::Restart() {
  std::lock_guard lock(mutex_);
  if (std::exchange(begun_, false)) listener_.ended();
  restarting_ = true;
  if (current_ != nullptr) current_->Interrupt();
}

void RedisInvalidations::Loop() {
  absl::Duration wait = options_.first_retry;
  for (;;) {
    {
      std::lock_guard lock(mutex_);
      restarting_ = false;
    }
    absl::StatusOr<std::unique_ptr<RedisConnection>> connection =
        RedisConnectFailed("its host has no address yet");
    if (const std::string address = resolver_.address(); !address.empty()) {
      connection = RedisConnection::Connect(address, options_.endpoint.port,
                                            options_.timeout);
    }
    if (connection.ok()) {
      {
        std::lock_guard lock(mutex_);
        if (stopping_) return;
        current_ = connection->get();
      }
      absl::Status status = Begin(**connection);
      if (status.ok()) wait = options_.first_retry;
      if (status.ok()) status = Follow(**connection);
      SayEnded();
    } else {
      resolver_.Refresh();
    }
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, absl::ToChronoMilliseconds(wait),
                      [this] { return stopping_; });
    if (stopping_) return;
    wait = std::min(wait * 2, options_.last_retry);
  }
}

absl::Status RedisInvalidations::Begin(RedisConnection& connection) {
  CRM_ASSIGN_OR_RETURN(const RedisReply id,
                       Ask(connection, {"CLIENT", "ID"}, options_.timeout));
  if (id.integer() == nullptr) return BadMessage();
  CRM_RETURN_IF_ERROR(
      Ask(connection,
          {"CLIENT", "TRACKING", "ON", "REDIRECT", absl::StrCat(*id.integer()),
           "BCAST", "PREFIX", options_.prefix, "NOLOOP"},
          options_.timeout)
          .status());
  CRM_RETURN_IF_ERROR(
      Ask(connection, {"SUBSCRIBE", kChannel}, options_.timeout).status());
  return SayBegun();
}

absl::Status RedisInvalidations::Follow(RedisConnection& connection) {
  bool asked = false;
  for (;;) {
    const absl::StatusOr<RedisReply> reply =
        connection.Receive(options_.silence);
    if (absl::IsDeadlineExceeded(reply.status()) && !asked) {
      connection.Send({"PING"});
      asked = true;
      continue;
    }
    CRM_RETURN_IF_ERROR(reply.status());
    asked = false;
    CRM_RETURN_IF_ERROR(Hear(*reply));
  }
}

// A reply is [message, CHANNEL, [KEY, ...]], the keys nil after FLUSHALL, or
// [pong, ""].
absl::Status RedisInvalidations::Hear(const RedisReply& reply) {
  const std::vector<RedisReply>* parts = reply.array();
  if (parts == nullptr || parts->empty()) return BadMessage();
  const std::string* kind = parts->front().text();
  if (kind != nullptr && *kind == "pong") return absl::OkStatus();
  if (kind == nullptr || *kind != "message" || parts->size() != 3) {
    return BadMessage();
  }
  const RedisReply& what = parts->back();
  if (what.is_nil()) {
    listener_.all_changed();
    return absl::OkStatus();
  }
  if (what.array() == nullptr) return BadMessage();
  std::vector<std::string> keys;
  for (const RedisReply& key : *what.array()) {
    if (key.text() == nullptr) return BadMessage();
    keys.push_back(*key.text());
  }
  listener_.changed(keys);
  return absl::OkStatus();
}

absl::Status RedisInvalidations::SayBegun() {
  std::lock_guard lock(mutex_);
  if (restarting_ || stopping_) return RedisInterrupted();
  begun_ = true;
  listener_.begun();
  return absl::OkStatus();
}

void RedisInvalidations::SayEnded() {
  std::lock_guard lock(mutex_);
  current_ = nullptr;
  if (std::exchange(begun_, false)) listener_.ended();
}

}  // namespace crm

#include "shared/redis/session.h"

#include <algorithm>
#include <utility>

#include "shared/base/status_macros.h"

namespace crm {
namespace {

// Commands are handed to the connection up to so many bytes ahead of what the
// socket takes; those that are not can still be withdrawn.
constexpr size_t kMaxUnsent = 256 * 1024;

constexpr absl::Duration kMaxTimeout = absl::Hours(24);

// For how long a reply may be overdue before its connection is given up.
constexpr std::chrono::seconds kStallGrace(1);

// Whether the server cannot serve, as opposed to one command being refused.
bool NotServing(const RedisReply& reply) {
  return absl::IsUnavailable(reply.status());
}

}  // namespace

RedisSession::RedisSession(Options options, AddressResolver& resolver,
                           CircuitBreaker& breaker)
    : options_(std::move(options)), resolver_(resolver), breaker_(breaker) {}

RedisSession::~RedisSession() {
  for (Flight& flight : std::exchange(flying_, {})) {
    if (flight.done) std::move(flight.done)(RedisInterrupted());
  }
  FailWaiting(RedisInterrupted());
}

void RedisSession::Send(Request request, Time now) {
  const Time deadline =
      now + absl::ToChronoMicroseconds(
                std::clamp(request.timeout, absl::ZeroDuration(), kMaxTimeout));
  next_check_ = std::min(next_check_, deadline);
  waiting_.push_back({std::move(request), deadline});
}

RedisSession::Interest RedisSession::interest() const {
  Interest interest;
  interest.until = next_check_;
  if (wire_ == nullptr) return interest;
  interest.fd = wire_->fd();
  interest.write = wire_->wants_write();
  if (!wire_->connected()) {
    interest.until = std::min(interest.until, connect_deadline_);
  }
  return interest;
}

void RedisSession::Turn(bool readable, bool writable) {
  if (wire_ != nullptr) {
    const bool was_connected = wire_->connected();
    absl::Status status = Move(readable, writable);
    if (status.ok() && !wire_->connected() &&
        std::chrono::steady_clock::now() >= connect_deadline_) {
      status = RedisConnectFailed("no connection in time");
    }
    if (!status.ok()) {
      Disconnect(status);
      if (!was_connected) FailWaiting(status);
    }
  }
  const Time now = std::chrono::steady_clock::now();
  if (now >= next_check_) GiveUpOverdue(now);
}

absl::Status RedisSession::Move(bool readable, bool writable) {
  if (writable) CRM_RETURN_IF_ERROR(wire_->Write());
  if (!readable || !wire_->connected()) return absl::OkStatus();
  CRM_RETURN_IF_ERROR(
      wire_->Read([this](RedisReply reply) { OnReply(std::move(reply)); }));
  if (out_of_step_) return RedisConnectionLost("there was a reply to nothing");
  // A server that has become a replica would go on refusing here.
  if (retiring_ && flying_.empty()) {
    return RedisConnectionLost("the server does not serve");
  }
  return absl::OkStatus();
}

void RedisSession::OnReply(RedisReply reply) {
  if (flying_.empty()) {
    out_of_step_ = true;
    return;
  }
  Flight& flight = flying_.front();
  flight.replies.push_back(std::move(reply));
  if (--flight.left > 0) return;
  Flight landed = std::move(flight);
  flying_.pop_front();
  Finish(landed);
}

void RedisSession::Finish(Flight& flight) {
  const bool served =
      std::none_of(flight.replies.begin(), flight.replies.end(), NotServing);
  if (!served) retiring_ = true;
  // What was given up has been counted as a failure then.
  if (!flight.done) return;
  if (served) {
    breaker_.Succeeded();
  } else {
    breaker_.Failed();
  }
  { const RedisQuota::Hold given_back = std::move(flight.hold); }
  std::move(flight.done)(std::move(flight.replies));
}

void RedisSession::GiveUpOverdue(Time now) {
  std::vector<RedisDone> overdue;
  next_check_ = Time::max();
  std::erase_if(waiting_, [&](Waiting& waiting) {
    if (waiting.deadline > now) {
      next_check_ = std::min(next_check_, waiting.deadline);
      return false;
    }
    overdue.push_back(std::move(waiting.request.done));
    return true;
  });
  for (Flight& flight : flying_) {
    if (!flight.done) continue;
    if (flight.deadline > now) {
      next_check_ = std::min(next_check_, flight.deadline);
      continue;
    }
    overdue.push_back(std::exchange(flight.done, {}));
  }
  // However many have waited, it is one hold-up.
  if (!overdue.empty()) breaker_.Failed();
  for (RedisDone& done : overdue) std::move(done)(RedisTimeout());
  if (flying_.empty()) return;
  const Time stalled = flying_.front().deadline + kStallGrace;
  if (now >= stalled) return Disconnect(RedisConnectionLost("it hangs"));
  next_check_ = std::min(next_check_, stalled);
}

void RedisSession::Disconnect(const absl::Status& why) {
  const bool established = wire_->connected();
  wire_.reset();
  retiring_ = false;
  out_of_step_ = false;
  if (established && options_.on_disconnect) options_.on_disconnect();
  if (!established) {
    breaker_.Failed();
    resolver_.Refresh();
  }
  std::deque<Flight> lost = std::exchange(flying_, {});
  const bool failed = std::any_of(
      lost.begin(), lost.end(),
      [](const Flight& flight) { return static_cast<bool>(flight.done); });
  if (failed) breaker_.Failed();
  for (Flight& flight : lost) {
    if (flight.done) std::move(flight.done)(why);
  }
}

void RedisSession::FailWaiting(const absl::Status& why) {
  for (Waiting& waiting : std::exchange(waiting_, {})) {
    std::move(waiting.request.done)(why);
  }
}

void RedisSession::Connect() {
  const std::string address = resolver_.address();
  absl::StatusOr<std::unique_ptr<RedisWire>> wire =
      address.empty() ? RedisConnectFailed("its host has no address yet")
                      : RedisWire::Open(address, options_.port);
  if (!wire.ok()) {
    resolver_.Refresh();
    breaker_.Failed();
    return FailWaiting(wire.status());
  }
  wire_ = *std::move(wire);
  connect_deadline_ = std::chrono::steady_clock::now() +
                      absl::ToChronoMicroseconds(options_.connect_timeout);
}

void RedisSession::Flush() {
  if (waiting_.empty()) return;
  if (wire_ == nullptr) Connect();
  if (wire_ == nullptr || !wire_->connected() || retiring_) return;
  while (!waiting_.empty() && wire_->unsent() < kMaxUnsent) {
    auto [request, deadline] = std::move(waiting_.front());
    waiting_.pop_front();
    wire_->outgoing().append(request.bytes);
    Flight& flight = flying_.emplace_back(Flight{request.count,
                                                 {},
                                                 deadline,
                                                 std::move(request.hold),
                                                 std::move(request.done)});
    flight.replies.reserve(request.count);
  }
  if (absl::Status status = wire_->Write(); !status.ok()) Disconnect(status);
}

}  // namespace crm

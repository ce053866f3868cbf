#include "shared/events/relay.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm {
namespace {

// Numbering waits for the writer's queue like any other write.
constexpr absl::Duration kDatabaseTimeout = absl::Seconds(5);

absl::Status Stopped() {
  return Unavailable("RELAY_STOPPED", "The relay was stopped.");
}

}  // namespace

int64_t RelayStats::Lag() const {
  int64_t lag = 0;
  for (size_t i = 0; i < numbered.size(); ++i) {
    const int64_t copied = i < published.size() ? published[i] : 0;
    lag += std::max<int64_t>(0, numbered[i] - copied);
  }
  return lag;
}

Relay::Relay(Database& database, const Outbox& outbox, RedisPool* redis,
             const Clock& clock, Options options)
    : database_(database),
      outbox_(outbox),
      clock_(clock),
      options_(options),
      publisher_(redis == nullptr ? nullptr
                                  : std::make_unique<StreamPublisher>(
                                        database, outbox, *redis, clock,
                                        options.publisher)) {}

Relay::~Relay() { Stop(); }

void Relay::Start() {
  database_.SetCommitListener([this] { Wake(); });
  number_thread_ = std::thread([this] { NumberLoop(); });
  if (publisher_ != nullptr) {
    publish_thread_ = std::thread([this] { PublishLoop(); });
  }
}

void Relay::Wake() {
  {
    std::lock_guard lock(mutex_);
    ++woken_;
  }
  changed_.notify_all();
}

absl::Status Relay::Flush(absl::Duration timeout) {
  std::unique_lock lock(mutex_);
  const uint64_t target = ++woken_;
  changed_.notify_all();
  const bool done =
      changed_.wait_for(lock, absl::ToChronoMilliseconds(timeout), [&] {
        return stopping_ ||
               (publisher_ == nullptr ? numbered_ : published_) >= target;
      });
  if (stopping_) return Stopped();
  if (done) return absl::OkStatus();
  return MakeError(absl::StatusCode::kDeadlineExceeded, "RELAY_BEHIND",
                   "Not all events are in their streams yet.");
}

void Relay::Stop() {
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
  }
  changed_.notify_all();
  if (!number_thread_.joinable()) return;
  database_.SetCommitListener({});
  number_thread_.join();
  if (publish_thread_.joinable()) publish_thread_.join();
}

RelayStats Relay::Stats() const {
  std::lock_guard lock(mutex_);
  return stats_;
}

void Relay::NumberLoop() {
  absl::Duration retry = options_.first_retry;
  std::unique_lock lock(mutex_);
  // Events of a run before this one may wait, so the first round needs no call.
  ++woken_;
  while (!stopping_) {
    changed_.wait(lock, [this] { return stopping_ || woken_ != numbered_; });
    if (stopping_) return;
    const uint64_t target = woken_;
    lock.unlock();
    const absl::Status status = NumberAll();
    lock.lock();
    stats_.numbering_status = status;
    if (status.ok()) {
      numbered_ = target;
      retry = options_.first_retry;
      changed_.notify_all();
      continue;
    }
    changed_.wait_for(lock, absl::ToChronoMilliseconds(retry),
                      [this] { return stopping_; });
    retry = std::min(retry * 2, options_.last_retry);
  }
}

absl::Status Relay::NumberAll() {
  for (;;) {
    bool pending = false;
    CRM_RETURN_IF_ERROR(database_.Read(
        clock_.Now() + kDatabaseTimeout,
        [&](SqlReader& reader) -> absl::Status {
          CRM_ASSIGN_OR_RETURN(pending, outbox_.HasPending(reader));
          return absl::OkStatus();
        }));
    {
      std::lock_guard lock(mutex_);
      if (!pending || stopping_) return absl::OkStatus();
    }
    CRM_RETURN_IF_ERROR(database_.WriteAndWait(
        clock_.Now() + kDatabaseTimeout, [this](SqlWriter& writer) {
          return outbox_.Number(writer, options_.batch).status();
        }));
    if (options_.on_numbered) options_.on_numbered();
  }
}

void Relay::PublishLoop() {
  absl::Duration retry = options_.first_retry;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const bool news = changed_.wait_for(
        lock, absl::ToChronoMilliseconds(options_.check_interval),
        [this] { return stopping_ || numbered_ != published_; });
    if (stopping_) return;
    // Nothing new: look whether Redis still has what it was given.
    if (!news) publisher_->Distrust();
    const uint64_t target = numbered_;
    lock.unlock();
    const absl::Status status = publisher_->Publish();
    lock.lock();
    stats_.numbered = publisher_->heads();
    stats_.published = publisher_->published();
    stats_.publishing_status = status;
    if (status.ok()) {
      published_ = target;
      retry = options_.first_retry;
      changed_.notify_all();
      continue;
    }
    ++stats_.publish_failures;
    changed_.wait_for(lock, absl::ToChronoMilliseconds(retry),
                      [this] { return stopping_; });
    retry = std::min(retry * 2, options_.last_retry);
  }
}

}  // namespace crm

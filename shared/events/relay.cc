#include "shared/events/relay.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm {
namespace {

// Numbering waits for the writer's queue like any other write.
constexpr absl::Duration kDatabaseTimeout = absl::Seconds(5);

// The name of a partition's lease, and back.
std::vector<std::string> PartitionNames(int partitions) {
  std::vector<std::string> names;
  for (int i = 0; i < partitions; ++i) names.push_back(absl::StrCat(i));
  return names;
}

int LeasedPartition(const Lease& lease) {
  int partition = 0;
  return absl::SimpleAtoi(lease.name.name, &partition) ? partition : 0;
}

std::vector<int> PartitionsOf(const std::vector<Lease>& leases) {
  std::vector<int> partitions;
  for (const Lease& lease : leases)
    partitions.push_back(LeasedPartition(lease));
  return partitions;
}

std::unique_ptr<StreamPublisher> MakePublisher(Database& database,
                                               const Outbox& outbox,
                                               RedisClient* redis,
                                               const Clock& clock,
                                               const Relay::Options& options) {
  if (redis == nullptr) return nullptr;
  return std::make_unique<StreamPublisher>(database, outbox, *redis, clock,
                                           options.publisher);
}

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

Relay::Relay(Database& database, const Outbox& outbox, RedisClient* redis,
             const Clock& clock, Options options)
    : database_(database),
      outbox_(outbox),
      clock_(clock),
      options_(std::move(options)),
      keeper_(database, clock,
              {.pool = "relay",
               .names = PartitionNames(outbox.partitions()),
               .holder = options_.holder,
               .takes_over = options_.takes_over}),
      publisher_(MakePublisher(database, outbox, redis, clock, options_)),
      asker_(MakePublisher(database, outbox, redis, clock, options_)),
      trimmer_(database, outbox, redis, clock, options_.trimmer),
      ahead_(static_cast<size_t>(outbox.partitions())) {}

Relay::~Relay() { Stop(); }

void Relay::Start() {
  database_.SetCommitListener([this] { Wake(); });
  number_thread_ = std::thread([this] { NumberLoop(); });
  if (publisher_ != nullptr) {
    publish_thread_ = std::thread([this] { PublishLoop(); });
  }
  trim_thread_ = std::thread([this] { TrimLoop(); });
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
  trim_thread_.join();
  // A failure costs a successor the time until the leases expire.
  keeper_.GiveUp().IgnoreError();
}

RelayStats Relay::Stats() const {
  std::lock_guard lock(mutex_);
  RelayStats stats = stats_;
  if (went_back_) stats.halted = stats.leading;
  return stats;
}

void Relay::NumberLoop() {
  absl::Duration retry = options_.first_retry;
  std::unique_lock lock(mutex_);
  // Events of a run before this one may wait, so the first round needs no call.
  ++woken_;
  while (!stopping_) {
    lock.unlock();
    const absl::Duration wait = std::min(Lead(), options_.poll_interval);
    lock.lock();
    const bool news =
        changed_.wait_for(lock, absl::ToChronoMicroseconds(wait),
                          [this] { return stopping_ || woken_ != numbered_; });
    if (stopping_) return;
    if (!news && options_.poll_interval == absl::InfiniteDuration()) continue;
    const uint64_t target = woken_;
    lock.unlock();
    const absl::Status status = NumberAll();
    lock.lock();
    stats_.numbering_status = status;
    went_back_ = ErrorReason(status) == "STORE_WENT_BACK";
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

absl::Duration Relay::Lead() {
  const absl::Duration wait = keeper_.Tick();
  std::vector<Lease> leases = keeper_.Held();
  if (leases == led_) return wait;
  std::vector<int> gained;
  for (const Lease& lease : leases) {
    if (std::find(led_.begin(), led_.end(), lease) == led_.end()) {
      gained.push_back(LeasedPartition(lease));
    }
  }
  AskBeforeNumbering(gained);
  led_ = std::move(leases);
  std::lock_guard lock(mutex_);
  stats_.leading = static_cast<int64_t>(led_.size());
  // What waits in a partition newly led, or is not in its stream.
  ++woken_;
  return wait;
}

void Relay::AskBeforeNumbering(const std::vector<int>& partitions) {
  if (asker_ == nullptr || partitions.empty()) return;
  asker_->Distrust();
  // Without Redis there is no stream to be ahead, or none that is known.
  if (!asker_->Ask(partitions).ok()) return;
  std::lock_guard lock(mutex_);
  for (const int partition : partitions) {
    ahead_[static_cast<size_t>(partition)] =
        asker_->ahead()[static_cast<size_t>(partition)];
  }
}

std::vector<Lease> Relay::Working() const {
  std::vector<Lease> leases = keeper_.Held();
  std::lock_guard lock(mutex_);
  std::erase_if(leases, [this](const Lease& lease) {
    return ahead_[static_cast<size_t>(LeasedPartition(lease))];
  });
  return leases;
}

absl::Status Relay::NumberAll() {
  CRM_RETURN_IF_ERROR(keeper_.status());
  for (;;) {
    const std::vector<Lease> leases = Working();
    const std::vector<int> partitions = PartitionsOf(leases);
    bool pending = false;
    std::vector<int64_t> heads;
    int64_t epoch = 0;
    CRM_RETURN_IF_ERROR(database_.Read(
        clock_.Now() + kDatabaseTimeout,
        [&](SqlReader& reader) -> absl::Status {
          CRM_ASSIGN_OR_RETURN(pending, outbox_.HasPending(reader, partitions));
          CRM_ASSIGN_OR_RETURN(heads, ReadHeads(reader));
          CRM_ASSIGN_OR_RETURN(epoch, outbox_.Epoch(reader));
          return absl::OkStatus();
        }));
    Remember(std::move(heads), epoch);
    {
      std::lock_guard lock(mutex_);
      if (!pending || stopping_) return absl::OkStatus();
    }
    CRM_RETURN_IF_ERROR(NumberSome(leases));
  }
}

absl::Status Relay::NumberSome(const std::vector<Lease>& leases) {
  std::vector<int64_t> heads;
  const absl::Status status = database_.WriteAndWait(
      clock_.Now() + kDatabaseTimeout, [&](SqlWriter& writer) -> absl::Status {
        CRM_RETURN_IF_ERROR(CheckLeases(writer, leases));
        // In this transaction, or it could be another server's by now.
        CRM_RETURN_IF_ERROR(ReadHeads(writer).status());
        CRM_RETURN_IF_ERROR(
            outbox_.Number(writer, PartitionsOf(leases), options_.batch)
                .status());
        CRM_ASSIGN_OR_RETURN(heads, outbox_.HeadSeqs(writer));
        return absl::OkStatus();
      });
  if (status.ok()) Remember(std::move(heads), seen_epoch_);
  if (ErrorReason(status) == "LEASE_LOST") {
    // The next round tells which are left.
    for (const Lease& lease : leases) keeper_.Drop(lease);
    std::lock_guard lock(mutex_);
    ++stats_.fenced;
  }
  return status;
}

absl::StatusOr<std::vector<int64_t>> Relay::ReadHeads(SqlReader& reader) const {
  CRM_ASSIGN_OR_RETURN(std::vector<int64_t> heads, outbox_.HeadSeqs(reader));
  for (size_t i = 0; i < seen_heads_.size(); ++i) {
    if (heads[i] >= seen_heads_[i]) continue;
    CRM_ASSIGN_OR_RETURN(const int64_t epoch, outbox_.Epoch(reader));
    if (epoch != seen_epoch_) break;
    return FailedPrecondition(
        "STORE_WENT_BACK",
        absl::StrCat("Partition ", i, " of '", outbox_.service(), "' ends at ",
                     heads[i], " after ", seen_heads_[i],
                     ": the store has lost events that consumers may have "
                     "seen. No event gets its position until the feed epoch is "
                     "raised."),
        outbox_.service());
  }
  return heads;
}

void Relay::Remember(std::vector<int64_t> heads, int64_t epoch) {
  seen_epoch_ = epoch;
  if (std::exchange(seen_heads_, heads) != heads && options_.on_numbered) {
    options_.on_numbered();
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
    const std::vector<int> partitions = PartitionsOf(keeper_.Held());
    const absl::Status status = publisher_->Publish(partitions);
    lock.lock();
    stats_.numbered = publisher_->heads();
    stats_.published = publisher_->published();
    stats_.publishing_status = status;
    stats_.halted = 0;
    for (const int partition : partitions) {
      const auto index = static_cast<size_t>(partition);
      if (index >= publisher_->ahead().size()) continue;
      // One that goes on has waited for its numbering.
      if (ahead_[index] && !publisher_->ahead()[index]) ++woken_;
      ahead_[index] = publisher_->ahead()[index];
      stats_.halted += ahead_[index] ? 1 : 0;
    }
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

void Relay::TrimLoop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    changed_.wait_for(lock, absl::ToChronoMilliseconds(options_.trim_interval),
                      [this] { return stopping_; });
    if (stopping_) return;
    lock.unlock();
    const absl::Status status = trimmer_.Trim(PartitionsOf(keeper_.Held()));
    lock.lock();
    stats_.trimming_status = status;
    stats_.trimmed = trimmer_.removed();
    stats_.expelled = static_cast<int64_t>(trimmer_.expelled().size());
  }
}

}  // namespace crm

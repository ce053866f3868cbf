#include "shared/events/consumer.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm {
namespace {

using internal::v1::Event;
using internal::v1::HeadFeedResponse;

// How long a reply of XREAD may take after its BLOCK has ended.
constexpr absl::Duration kReplyGrace = absl::Milliseconds(500);

// A server that accepts connections and does not answer is found out with a
// command that does not block.
constexpr absl::Duration kPingTimeout = absl::Milliseconds(100);

size_t Index(int partition) { return static_cast<size_t>(partition); }

}  // namespace

int64_t ConsumerStats::Lag() const {
  int64_t lag = 0;
  for (size_t i = 0; i < heads.size() && i < positions.size(); ++i) {
    lag += std::max<int64_t>(0, heads[i] - positions[i]);
  }
  return lag;
}

Consumer::Consumer(Options options, RedisClient* redis, FeedClient& feed,
                   Applier& applier, const Clock& clock, LeaseKeeper* keeper)
    : options_(std::move(options)),
      redis_(redis),
      feed_(feed),
      applier_(applier),
      clock_(clock),
      keeper_(keeper) {}

Consumer::~Consumer() { Stop(); }

void Consumer::Start() {
  thread_ = std::thread([this] { Loop(); });
}

void Consumer::Wake() {
  std::lock_guard lock(mutex_);
  woken_ = true;
  if (connection_ != nullptr) connection_->Interrupt();
  changed_.notify_all();
}

void Consumer::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    if (connection_ != nullptr) connection_->Interrupt();
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

ConsumerStats Consumer::Stats() const {
  std::lock_guard lock(mutex_);
  return stats_;
}

void Consumer::AddPositions(HeadFeedResponse& response) const {
  const ConsumerStats stats = Stats();
  for (size_t i = 0; i < stats.positions.size(); ++i) {
    internal::v1::ConsumerPosition& position = *response.add_positions();
    position.set_producer(options_.producer);
    position.set_partition(static_cast<int32_t>(i));
    position.set_seq(stats.positions[i]);
    position.set_parked_count(stats.parked[i]);
  }
}

void Consumer::Loop() {
  for (;;) {
    {
      std::lock_guard lock(mutex_);
      if (stopping_) return;
      if (std::exchange(woken_, false)) {
        head_due_ = -absl::InfiniteDuration();
      }
    }
    round_status_ = absl::OkStatus();
    const absl::Status status = Round();
    round_status_.Update(status);
    PublishStats();
    if (!status.ok()) Pause(options_.poll_interval);
  }
}

absl::Status Consumer::Round() {
  if (keeper_ != nullptr) Lead();
  if (clock_.Monotonic() >= reload_due_) loaded_ = false;
  if (!loaded_) CRM_RETURN_IF_ERROR(LoadState());
  if (clock_.Monotonic() >= head_due_) {
    const absl::Status status = AskHead();
    // Without the producer its streams can still be followed, once it is known
    // which they are.
    if (feed_epoch_ == 0) return status;
    round_status_.Update(status);
    head_due_ = clock_.Monotonic() + options_.head_interval;
    if (!loaded_) return absl::OkStatus();
    if (status.ok()) round_status_.Update(Acknowledge());
  }
  if (ReadFeed() || !loaded_) return absl::OkStatus();
  const absl::Status status = FollowStreams();
  if (!status.ok()) {
    DropConnection();
    streaming_ = false;
    head_due_ = clock_.Monotonic() + options_.poll_interval;
  }
  return status;
}

void Consumer::Lead() {
  if (clock_.Monotonic() >= lease_due_) {
    lease_due_ = clock_.Monotonic() + keeper_->Tick();
    round_status_.Update(keeper_->status());
  }
  std::vector<Lease> leases = keeper_->Held();
  if (leases == leases_) return;
  leases_ = std::move(leases);
  // Others have moved the positions of what is new here.
  loaded_ = false;
}

absl::Status Consumer::LoadState() {
  CRM_ASSIGN_OR_RETURN(const ConsumerState state,
                       applier_.Load(options_.producer));
  feed_epoch_ = state.feed_epoch;
  parked_keys_.clear();
  parked_keys_.insert(state.parked_keys.begin(), state.parked_keys.end());
  partitions_.clear();
  for (int i = 0; i < options_.partitions; ++i) {
    std::optional<Lease> lease;
    if (keeper_ != nullptr) lease = keeper_->Find(absl::StrCat(i));
    const int64_t position =
        Index(i) < state.positions.size() ? state.positions[Index(i)] : 0;
    partitions_.push_back(
        {.inbox = EventInbox(applier_, parked_keys_,
                             {.producer = options_.producer,
                              .partition = i,
                              .partitions = options_.partitions,
                              .feed_epoch = feed_epoch_,
                              .lease = lease},
                             position),
         .stream_key = StreamKey(options_.producer, i, feed_epoch_),
         .head = position,
         .mine = keeper_ == nullptr || lease.has_value()});
  }
  loaded_ = true;
  reload_due_ = absl::InfiniteDuration();
  streaming_ = false;
  head_due_ = -absl::InfiniteDuration();
  return absl::OkStatus();
}

absl::Status Consumer::FollowStreams() {
  if (redis_ == nullptr) {
    return Unavailable("REDIS_DOWN", "There is no Redis; the feed is asked.");
  }
  CRM_RETURN_IF_ERROR(ConnectStreams());
  const absl::Duration wait =
      std::clamp(UntilDue(), absl::Milliseconds(1), options_.block);
  std::vector<Partition*> followed;
  for (Partition& partition : partitions_) {
    if (partition.mine && !partition.behind &&
        clock_.Monotonic() >= partition.retry_at) {
      followed.push_back(&partition);
    }
  }
  streaming_ = true;
  if (followed.empty()) {
    Pause(wait);
    return absl::OkStatus();
  }
  RedisCommand command = {"XREAD",
                          "COUNT",
                          absl::StrCat(options_.batch),
                          "BLOCK",
                          absl::StrCat(absl::ToInt64Milliseconds(wait)),
                          "STREAMS"};
  for (const Partition* partition : followed) {
    command.push_back(partition->stream_key);
  }
  for (const Partition* partition : followed) {
    command.push_back(absl::StrCat(partition->inbox.position(), "-0"));
  }
  absl::StatusOr<std::vector<RedisReply>> replies =
      connection_->Run({std::move(command)}, wait + kReplyGrace);
  if (absl::IsCancelled(replies.status())) {
    // Stop() or Wake(): nothing is wrong with the server.
    DropConnection();
    return absl::OkStatus();
  }
  CRM_RETURN_IF_ERROR(replies.status());
  CRM_ASSIGN_OR_RETURN(std::vector<StreamEntries> streams,
                       ReadStreams(replies->front()));
  for (StreamEntries& stream : streams) {
    for (Partition* partition : followed) {
      if (!loaded_ || partition->stream_key != stream.stream_key) continue;
      TakeEntries(*partition, std::move(stream.entries));
      break;
    }
  }
  return absl::OkStatus();
}

absl::Status Consumer::ConnectStreams() {
  if (connection_ != nullptr) return absl::OkStatus();
  CRM_ASSIGN_OR_RETURN(std::unique_ptr<RedisConnection> connection,
                       redis_->Dedicated());
  CRM_ASSIGN_OR_RETURN(const std::vector<RedisReply> replies,
                       connection->Run({{"PING"}}, kPingTimeout));
  CRM_RETURN_IF_ERROR(replies.front().status());
  std::lock_guard lock(mutex_);
  connection_ = std::move(connection);
  // Stop() may have come before there was anything to interrupt.
  if (stopping_) connection_->Interrupt();
  return absl::OkStatus();
}

void Consumer::TakeEntries(Partition& partition,
                           std::vector<StreamEntry> entries) {
  std::vector<Event> events;
  for (StreamEntry& entry : entries) {
    partition.head = std::max(partition.head, entry.seq);
    if (!entry.event.has_value()) {
      // The outbox has what is damaged here.
      partition.behind = true;
      break;
    }
    events.push_back(*std::move(entry.event));
  }
  const int64_t before = partition.inbox.position();
  const absl::Status status = partition.inbox.Offer(events);
  from_streams_ += partition.inbox.position() - before;
  if (ErrorReason(status) == "FEED_GAP" ||
      ErrorReason(status) == "EVENT_MISPLACED") {
    ++gaps_;
    partition.behind = true;
    return;
  }
  Settle(partition, status);
}

void Consumer::Settle(Partition& partition, const absl::Status& status) {
  if (status.ok()) {
    partition.retry_wait = absl::ZeroDuration();
    partition.retry_at = -absl::InfiniteDuration();
    return;
  }
  round_status_.Update(status);
  const std::string reason = ErrorReason(status);
  if (reason == "POSITION_MOVED" || reason == "LEASE_LOST") {
    ++fenced_;
    loaded_ = false;
  }
  if (reason == "LEASE_LOST" && partition.inbox.lease().has_value()) {
    keeper_->Drop(*partition.inbox.lease());
    lease_due_ = -absl::InfiniteDuration();
  }
  if (reason == "PARTITION_STOPPED") {
    // Some may be replayed, here or by another process.
    reload_due_ = clock_.Monotonic() + options_.last_retry;
  }
  partition.retry_wait = std::clamp(partition.retry_wait * 2,
                                    options_.first_retry, options_.last_retry);
  partition.retry_at = clock_.Monotonic() + partition.retry_wait;
}

absl::Duration Consumer::UntilDue() const {
  const absl::Duration now = clock_.Monotonic();
  absl::Duration due = std::min(head_due_, reload_due_) - now;
  if (keeper_ != nullptr) due = std::min(due, lease_due_ - now);
  for (const Partition& partition : partitions_) {
    if (partition.retry_at > now) due = std::min(due, partition.retry_at - now);
  }
  return due;
}

void Consumer::Pause(absl::Duration wait) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, absl::ToChronoMilliseconds(wait),
                    [this] { return stopping_ || woken_; });
}

void Consumer::DropConnection() {
  std::lock_guard lock(mutex_);
  connection_.reset();
}

void Consumer::PublishStats() {
  ConsumerStats stats;
  stats.feed_epoch = feed_epoch_;
  for (const Partition& partition : partitions_) {
    stats.positions.push_back(partition.inbox.position());
    stats.heads.push_back(partition.head);
    stats.parked.push_back(partition.inbox.parked_count());
    stats.leading += partition.mine ? 1 : 0;
  }
  stats.events_from_streams = from_streams_;
  stats.events_from_feed = from_feed_;
  stats.gaps = gaps_;
  stats.fenced = fenced_;
  stats.parked_keys = static_cast<int64_t>(parked_keys_.size());
  stats.streaming = streaming_;
  stats.last_status = round_status_;
  std::lock_guard lock(mutex_);
  stats_ = std::move(stats);
}

}  // namespace crm

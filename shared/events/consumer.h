// Follows the events of one service and applies each of them exactly once.
//
// Events come from the streams in Redis as long as those go on without a hole
// from the stored position. Whatever else happens (a gap, a trimmed or emptied
// stream, no Redis at all) is answered by reading the producer's feed from the
// position, so there is one way to recover and it needs no operator.

#ifndef CRM_SHARED_EVENTS_CONSUMER_H_
#define CRM_SHARED_EVENTS_CONSUMER_H_

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "crm/internal/v1/feed.pb.h"
#include "shared/base/clock.h"
#include "shared/events/applier.h"
#include "shared/events/event_inbox.h"
#include "shared/events/event_stream.h"
#include "shared/events/feed_client.h"
#include "shared/events/outbox.h"
#include "shared/redis/client.h"
#include "shared/storage/lease_keeper.h"

namespace crm {

// How far a consumer has come.
struct ConsumerStats {
  int64_t feed_epoch = 0;
  // The last position applied, and the last known to exist, by partition.
  std::vector<int64_t> positions;
  std::vector<int64_t> heads;
  // Events parked, by partition, since the consumer started.
  std::vector<int64_t> parked;
  int64_t events_from_streams = 0;
  int64_t events_from_feed = 0;
  // How often a stream lacked events that the feed had to give, and how often
  // another process turned out to have the partition.
  int64_t gaps = 0;
  int64_t fenced = 0;
  // Ordering keys that are parked now, in all partitions.
  int64_t parked_keys = 0;
  // Partitions that this process consumes.
  int64_t leading = 0;
  // Whether the streams are followed now, as opposed to asking the feed.
  bool streaming = false;
  // The last failure; OK after a success.
  absl::Status last_status;

  // Returns the events that are known to exist and not applied.
  int64_t Lag() const;
};

// The consumer of one producer, on a thread of its own. Thread-safe.
class Consumer {
 public:
  struct Options {
    // The service whose events are consumed, as `operational`.
    std::string producer;
    // The name under which the positions are reported to the producer, so that
    // it keeps what was not applied; empty reports nothing.
    std::string name = {};
    // As many as the producer's outbox has.
    int partitions = kDefaultPartitions;
    // How many events are read at once per partition.
    int batch = 256;
    // How long a read of the streams waits for news.
    absl::Duration block = absl::Seconds(1);
    // How often the feed is asked while there is no Redis.
    absl::Duration poll_interval = absl::Milliseconds(200);
    // How often the feed is asked anyway, for events that the streams lack.
    absl::Duration head_interval = absl::Seconds(5);
    absl::Duration feed_timeout = absl::Seconds(1);
    // The waits of a partition after failures, doubling.
    absl::Duration first_retry = absl::Milliseconds(100);
    absl::Duration last_retry = absl::Seconds(30);
  };

  // All outlive this. `redis` may be null: then only the feed is asked.
  // `keeper` holds leases called `0`, `1` and so on for the partitions, in the
  // database of `applier`, where several processes share that; null where this
  // one is alone.
  Consumer(Options options, RedisClient* redis, FeedClient& feed,
           Applier& applier, const Clock& clock, LeaseKeeper* keeper = nullptr);

  // Stops.
  ~Consumer();
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;

  void Start();

  // Has the feed asked now instead of after the interval; returns at once.
  void Wake();

  // Ends the thread after the event batch and the call that are under way.
  void Stop();

  ConsumerStats Stats() const;

  // The service whose events are consumed.
  const std::string& producer() const { return options_.producer; }

  // Adds this consumer's positions to an answer of Feed.Head.
  void AddPositions(internal::v1::HeadFeedResponse& response) const;

 private:
  struct Partition {
    EventInbox inbox;
    std::string stream_key;
    // The last position that is known to exist.
    int64_t head = 0;
    // Whether it is this process's to consume.
    bool mine = true;
    // Whether the feed has to be read before the stream goes on.
    bool behind = false;
    // The wait after the last failure, and when it ends on the monotonic clock.
    absl::Duration retry_wait = absl::ZeroDuration();
    absl::Duration retry_at = -absl::InfiniteDuration();
  };

  void Loop();
  // Does one round: what is due, then one wait for news. Returns the first
  // error.
  absl::Status Round();
  // Asks for leases, if it is time.
  void Lead();
  absl::Status LoadState();
  absl::Status AskHead();
  absl::Status ReadFeedOf(int index);
  absl::Status ReadCompacted(int index);
  // Reports the positions to the producer, if there is something to tell.
  absl::Status Acknowledge();
  // Returns whether the feed brought any partition forward.
  bool ReadFeed();
  absl::Status FollowStreams();
  absl::Status ConnectStreams();
  void TakeEntries(Partition& partition, std::vector<StreamEntry> entries);
  // Plans when the partition is tried again after `status`.
  void Settle(Partition& partition, const absl::Status& status);
  // Returns how long it is until a partition or the feed's head is due.
  absl::Duration UntilDue() const;
  void Pause(absl::Duration wait);
  void DropConnection();
  void PublishStats();

  const Options options_;
  RedisClient* const redis_;
  FeedClient& feed_;
  Applier& applier_;
  const Clock& clock_;
  LeaseKeeper* const keeper_;

  // Touched by the thread only.
  bool loaded_ = false;
  bool streaming_ = false;
  int64_t feed_epoch_ = 0;
  int64_t from_streams_ = 0;
  int64_t from_feed_ = 0;
  int64_t gaps_ = 0;
  int64_t fenced_ = 0;
  std::vector<Lease> leases_;
  // What was reported last, and when to report even if it is the same.
  std::vector<int64_t> reported_;
  absl::Duration report_due_ = -absl::InfiniteDuration();
  absl::Duration lease_due_ = -absl::InfiniteDuration();
  // When the state is read anew although nothing says that it has changed.
  absl::Duration reload_due_ = absl::InfiniteDuration();
  std::set<ParkedKey> parked_keys_;
  std::vector<Partition> partitions_;
  absl::Duration head_due_ = -absl::InfiniteDuration();
  absl::Status round_status_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  bool woken_ = false;
  ConsumerStats stats_;
  // Made and dropped by the thread, under the lock so that others interrupt it.
  std::unique_ptr<RedisConnection> connection_;
  std::thread thread_;
};

}  // namespace crm

#endif  // CRM_SHARED_EVENTS_CONSUMER_H_

// Gives a service's events their position and copies them to the streams.
//
// Each partition is led by one process, which holds its lease. Numbering checks
// the lease in its own transaction, so a leader that was paused past its lease
// gives no position that its successor gives as well. Numbering needs the
// database only, so the feed keeps up while Redis is away; copying has a thread
// of its own, so a Redis that hangs holds up nothing else.

#ifndef CRM_SHARED_EVENTS_RELAY_H_
#define CRM_SHARED_EVENTS_RELAY_H_

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shared/base/clock.h"
#include "shared/events/log_trimmer.h"
#include "shared/events/outbox.h"
#include "shared/events/stream_publisher.h"
#include "shared/redis/client.h"
#include "shared/storage/database.h"
#include "shared/storage/lease_keeper.h"

namespace crm {

// How far the relay has come, as of its last look at the streams. Without Redis
// the positions are empty; Feed.Head tells them.
struct RelayStats {
  // Events that have a position, by partition.
  std::vector<int64_t> numbered;
  // The last position known to be in the stream, by partition.
  std::vector<int64_t> published;
  int64_t publish_failures = 0;
  // Partitions that this process leads, and those of them that stand still
  // because their stream is ahead of the database, or the database behind what
  // it was.
  int64_t leading = 0;
  int64_t halted = 0;
  // Transactions that were refused because a lease was another's by then.
  int64_t fenced = 0;
  // Events removed from the outbox, consumers expelled for their silence.
  int64_t trimmed = 0;
  int64_t expelled = 0;
  // The last failure of each part, OK after a success.
  absl::Status numbering_status;
  absl::Status publishing_status;
  absl::Status trimming_status;

  // Returns the events that have a position and are not in their stream.
  int64_t Lag() const;
};

// The relay of one service. Thread-safe.
class Relay {
 public:
  struct Options {
    // Names this life of this process; leads under it.
    std::string holder = "relay";
    // Whether what another process led is led by this one at once, as where
    // the database's lock says that there is no other.
    bool takes_over = false;
    // How often events that other processes wrote are looked for. Infinite
    // where there are none: this process's own commits wake the relay.
    absl::Duration poll_interval = absl::InfiniteDuration();
    absl::Duration trim_interval = absl::Minutes(1);
    LogTrimmer::Options trimmer;
    // The most events numbered in one transaction.
    int batch = 256;
    // How often the streams are checked when nothing happens, so that an
    // emptied Redis is filled again.
    absl::Duration check_interval = absl::Seconds(1);
    // The waits after failures, doubling from the first to the last.
    absl::Duration first_retry = absl::Milliseconds(100);
    absl::Duration last_retry = absl::Seconds(1);
    StreamPublisher::Options publisher;
    // Told when events have got their position, here or in another process;
    // must be quick. May be empty.
    std::function<void()> on_numbered;
  };

  // All outlive this; the database has OutboxTables(), LeaseTables() and
  // ConsumerRegistryTable(). `redis` may be null: then events are numbered
  // only.
  Relay(Database& database, const Outbox& outbox, RedisClient* redis,
        const Clock& clock, Options options);

  // Stops.
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // Starts the threads and takes over the database's commit listener. Called
  // once, after Outbox::Open().
  void Start();

  // Says that there may be new events; cheap. The commit listener calls it.
  void Wake();

  // Waits until every event committed before the call in a partition that this
  // process leads is in its stream (has its position, without Redis). Returns
  // DEADLINE_EXCEEDED (RELAY_BEHIND) after `timeout`, UNAVAILABLE
  // (RELAY_STOPPED) once stopped.
  absl::Status Flush(absl::Duration timeout);

  // Ends the threads; returns soon. What is not done is done after the next
  // start.
  void Stop();

  RelayStats Stats() const;

 private:
  void NumberLoop();
  void PublishLoop();
  void TrimLoop();
  // Asks for leases, if it is time, and takes notice of what has changed.
  absl::Duration Lead();
  absl::Status NumberAll();
  absl::Status NumberSome(const std::vector<Lease>& leases);
  // Returns where the partitions end; FAILED_PRECONDITION (STORE_WENT_BACK) if
  // one of them had come further in this epoch.
  absl::StatusOr<std::vector<int64_t>> ReadHeads(SqlReader& reader) const;
  // Keeps what ReadHeads() will compare with.
  void Remember(std::vector<int64_t> heads, int64_t epoch);
  // Whether the streams of partitions newly led are ahead must be known before
  // a position is given.
  void AskBeforeNumbering(const std::vector<int>& partitions);
  // The leases of partitions that do not stand still, and what they lead.
  std::vector<Lease> Working() const;

  Database& database_;
  const Outbox& outbox_;
  const Clock& clock_;
  const Options options_;
  LeaseKeeper keeper_;
  const std::unique_ptr<StreamPublisher> publisher_;
  const std::unique_ptr<StreamPublisher> asker_;
  LogTrimmer trimmer_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  // Wake() counts up the first; each loop copies what it has dealt with.
  uint64_t woken_ = 0;
  uint64_t numbered_ = 0;
  uint64_t published_ = 0;
  // By partition, whether its stream is ahead.
  std::vector<bool> ahead_;
  // Whether the database is behind what it was: nothing is numbered then.
  bool went_back_ = false;
  RelayStats stats_;
  // Touched by the numbering thread only.
  std::vector<Lease> led_;
  std::vector<int64_t> seen_heads_;
  int64_t seen_epoch_ = 0;
  std::thread number_thread_;
  std::thread publish_thread_;
  std::thread trim_thread_;
};

}  // namespace crm

#endif  // CRM_SHARED_EVENTS_RELAY_H_

// Gives a service's events their position and copies them to the streams.
//
// Numbering needs the database only, so the feed keeps up while Redis is away;
// copying has a thread of its own, so a Redis that hangs holds up nothing else.
// The process that holds the database's lock is the only one that numbers; an
// engine that several processes share will need a lease per partition here.

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
#include "absl/time/time.h"
#include "shared/base/clock.h"
#include "shared/events/outbox.h"
#include "shared/events/stream_publisher.h"
#include "shared/redis/pool.h"
#include "shared/storage/database.h"

namespace crm {

// How far the relay has come, as of its last look at the streams. Without Redis
// the positions are empty; Feed.Head tells them.
struct RelayStats {
  // Events that have a position, by partition.
  std::vector<int64_t> numbered;
  // The last position known to be in the stream, by partition.
  std::vector<int64_t> published;
  int64_t publish_failures = 0;
  // The last failure of either part, OK after a success.
  absl::Status numbering_status;
  absl::Status publishing_status;

  // Returns the events that have a position and are not in their stream.
  int64_t Lag() const;
};

// The relay of one service. Thread-safe.
class Relay {
 public:
  struct Options {
    // The most events numbered in one transaction.
    int batch = 256;
    // How often the streams are checked when nothing happens, so that an
    // emptied Redis is filled again.
    absl::Duration check_interval = absl::Seconds(1);
    // The waits after failures, doubling from the first to the last.
    absl::Duration first_retry = absl::Milliseconds(100);
    absl::Duration last_retry = absl::Seconds(1);
    StreamPublisher::Options publisher;
    // Told when events have got their position; must be quick. May be empty.
    std::function<void()> on_numbered;
  };

  // All outlive this. `redis` may be null: then events are numbered only.
  Relay(Database& database, const Outbox& outbox, RedisPool* redis,
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

  // Waits until every event committed before the call is in its stream (has its
  // position, without Redis). Returns DEADLINE_EXCEEDED (RELAY_BEHIND) after
  // `timeout`, UNAVAILABLE (RELAY_STOPPED) once stopped.
  absl::Status Flush(absl::Duration timeout);

  // Ends the threads; returns soon. What is not done is done after the next
  // start.
  void Stop();

  RelayStats Stats() const;

 private:
  void NumberLoop();
  void PublishLoop();
  absl::Status NumberAll();

  Database& database_;
  const Outbox& outbox_;
  const Clock& clock_;
  const Options options_;
  const std::unique_ptr<StreamPublisher> publisher_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  // Wake() counts up the first; each loop copies what it has dealt with.
  uint64_t woken_ = 0;
  uint64_t numbered_ = 0;
  uint64_t published_ = 0;
  RelayStats stats_;
  std::thread number_thread_;
  std::thread publish_thread_;
};

}  // namespace crm

#endif  // CRM_SHARED_EVENTS_RELAY_H_

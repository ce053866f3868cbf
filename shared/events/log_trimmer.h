// Removes what nobody needs any more of a service's events: entries of the
// streams in Redis, and events of the outbox.

#ifndef CRM_SHARED_EVENTS_LOG_TRIMMER_H_
#define CRM_SHARED_EVENTS_LOG_TRIMMER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "shared/base/clock.h"
#include "shared/events/outbox.h"
#include "shared/redis/client.h"
#include "shared/storage/database.h"

namespace crm {

// The shortest time that the outbox keeps events: remembered answers refer to
// them for as long (shared/resource/request_log.h).
inline constexpr absl::Duration kMinEventAge = absl::Hours(72);

// The trimming of one service. Called by the relay for the partitions that it
// leads. Thread-compatible.
class LogTrimmer {
 public:
  struct Options {
    // How old an entry of a stream is at least when it is removed because all
    // registered consumers have applied it.
    absl::Duration stream_age = kMinEventAge;
    // What the streams of one service may take in Redis. Beyond it the oldest
    // entries go, whoever needs them: consumers read them from the feed.
    int64_t max_stream_bytes = int64_t{512} << 20;
    // How old an event of the outbox is at least when it is removed because all
    // registered consumers have applied it; not below kMinEventAge. Infinite
    // keeps all. The newest event of each resource is kept always.
    absl::Duration outbox_age = absl::Hours(7 * 24);
    absl::Duration consumer_silence = absl::Hours(7 * 24);
    absl::Duration timeout = absl::Seconds(1);
    // The most events of the outbox that one transaction removes.
    int batch = 500;
  };

  // All outlive this. `redis` may be null.
  LogTrimmer(Database& database, const Outbox& outbox, RedisClient* redis,
             const Clock& clock, Options options);

  // Trims `partitions`, and expels silent consumers. Returns the first error;
  // what was not trimmed is trimmed the next time.
  absl::Status Trim(const std::vector<int>& partitions);

  // Since construction: consumers that were expelled, events removed from the
  // outbox.
  const std::vector<std::string>& expelled() const { return expelled_; }
  int64_t removed() const { return removed_; }

 private:
  // What is known of the log at the beginning of a run.
  struct Log {
    int64_t feed_epoch = 0;
    std::vector<int64_t> heads;
    // Applied by all registered consumers.
    std::vector<int64_t> consumed;
    // The last of them that is old enough to leave its stream.
    std::vector<int64_t> stale;
  };

  absl::Status Expel();
  absl::StatusOr<Log> ReadLog(const std::vector<int>& partitions);
  absl::Status TrimStreams(const Log& log, const std::vector<int>& partitions);
  absl::Status TrimOutbox(const Log& log, const std::vector<int>& partitions);

  Database& database_;
  const Outbox& outbox_;
  RedisClient* const redis_;
  const Clock& clock_;
  const Options options_;
  std::vector<std::string> expelled_;
  int64_t removed_ = 0;
};

}  // namespace crm

#endif  // CRM_SHARED_EVENTS_LOG_TRIMMER_H_

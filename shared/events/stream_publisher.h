// Copies numbered events from the outbox to the streams in Redis.

#ifndef CRM_SHARED_EVENTS_STREAM_PUBLISHER_H_
#define CRM_SHARED_EVENTS_STREAM_PUBLISHER_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "shared/base/clock.h"
#include "shared/events/event_stream.h"
#include "shared/events/outbox.h"
#include "shared/redis/pool.h"
#include "shared/storage/database.h"

namespace crm {

// Brings the streams level with the outbox. The stream says how far it is, so a
// Redis that was restarted empty, flushed or failed over to an older replica is
// filled again by the same steps that append a new event. Thread-compatible.
class StreamPublisher {
 public:
  struct Options {
    // The most events of one partition in one script run.
    int batch = 64;
    // About how many entries a stream keeps; older ones are in the feed. A
    // stream that is found empty is begun that far back.
    int64_t keep_entries = 10'000;
    absl::Duration timeout = absl::Seconds(1);
  };

  // All outlive this.
  StreamPublisher(Database& database, const Outbox& outbox, RedisPool& redis,
                  const Clock& clock, Options options);

  // Asks the streams how far they are, and appends what they lack until they
  // are level with the outbox as it was at the call. Returns an error of
  // RedisPool::Command(), of the database, or FAILED_PRECONDITION
  // (STREAM_AHEAD) if a stream has events that the outbox does not have: the
  // database was restored and its feed epoch not raised.
  absl::Status Publish();

  // Has the next Publish() ask the streams instead of trusting its memory.
  void Distrust() { known_ = false; }

  // What the last Publish() knew, by partition.
  const std::vector<int64_t>& heads() const { return heads_; }
  const std::vector<int64_t>& published() const { return published_; }

 private:
  absl::Status ReadHeads();
  absl::Status AskStreams();
  absl::Status AppendBatch();
  absl::Status Trim();
  absl::Status TakeAnswers(const std::vector<int>& partitions,
                           const std::vector<RedisReply>& replies);
  bool Level() const;

  Database& database_;
  const Outbox& outbox_;
  RedisPool& redis_;
  const Clock& clock_;
  const Options options_;
  const RedisScript append_script_;
  bool known_ = false;
  int64_t feed_epoch_ = 0;
  std::vector<int64_t> heads_;
  std::vector<int64_t> published_;
  // Up to where each stream has been trimmed.
  std::vector<int64_t> trimmed_;
};

}  // namespace crm

#endif  // CRM_SHARED_EVENTS_STREAM_PUBLISHER_H_

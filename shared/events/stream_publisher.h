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
#include "shared/redis/client.h"
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
    // How far back a stream that is found empty is begun; older events are in
    // the feed.
    int64_t begin_entries = 10'000;
    absl::Duration timeout = absl::Seconds(1);
  };

  // All outlive this.
  StreamPublisher(Database& database, const Outbox& outbox, RedisClient& redis,
                  const Clock& clock, Options options);

  // Asks the streams of `partitions` how far they are, and appends what they
  // lack until they are level with the outbox as it was at the call. Returns an
  // error of RedisClient::Command(), of the database, or FAILED_PRECONDITION
  // (STREAM_AHEAD) if a stream has events that the outbox does not have: the
  // database was restored and its feed epoch not raised. Such a partition is
  // left alone, the others go on.
  absl::Status Publish(const std::vector<int>& partitions);

  // Only asks the streams of `partitions`. Errors as Publish().
  absl::Status Ask(const std::vector<int>& partitions);

  // Has the next Publish() ask the streams instead of trusting its memory.
  void Distrust();

  // What the last call knew, by partition.
  const std::vector<int64_t>& heads() const { return heads_; }
  const std::vector<int64_t>& published() const { return published_; }
  // Whether the stream is ahead of the outbox, by partition.
  const std::vector<bool>& ahead() const { return ahead_; }

 private:
  absl::Status ReadHeads();
  absl::Status AskUnknown(const std::vector<int>& partitions);
  absl::Status AppendBatch(const std::vector<int>& partitions);
  absl::Status TakeAnswers(const std::vector<int>& partitions,
                           const std::vector<RedisReply>& replies);
  bool NeedsMore(int partition) const;
  absl::Status StreamAhead(const std::vector<int>& partitions) const;

  Database& database_;
  const Outbox& outbox_;
  RedisClient& redis_;
  const Clock& clock_;
  const Options options_;
  const RedisScript append_script_;
  int64_t feed_epoch_ = 0;
  // All by partition. `known_`: the stream was asked, and has only been
  // appended to since.
  std::vector<bool> known_;
  std::vector<bool> ahead_;
  std::vector<int64_t> heads_;
  std::vector<int64_t> published_;
};

}  // namespace crm

#endif  // CRM_SHARED_EVENTS_STREAM_PUBLISHER_H_

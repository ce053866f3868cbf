// The log of a service's events, in its own database.
//
// An event is appended in the transaction that makes the change; that bumps the
// version of its ordering key and nothing that other keys share, so writers do
// not wait for each other. Later, and by one process only, events get their
// position in their partition. The log is the truth; streams are copies of it.

#ifndef CRM_SHARED_EVENTS_OUTBOX_H_
#define CRM_SHARED_EVENTS_OUTBOX_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crm/internal/v1/event.pb.h"
#include "crm/internal/v1/feed.pb.h"
#include "shared/base/clock.h"
#include "shared/storage/database.h"
#include "shared/storage/schema.h"

namespace crm {

// The partitions of a feed, fixed when its database is created; at most 256.
inline constexpr int kDefaultPartitions = 16;

// Returns the partition of an ordering key: a stable hash of tenant and key.
int PartitionOf(absl::string_view tenant, absl::string_view ordering_key,
                int partitions);

// Returns the tables of the outbox, for the schema of the service's database.
std::vector<SqlTable> OutboxTables();

// The outbox of one service. It keeps no state but its settings, so its methods
// may be called from several transactions at once. Thread-safe.
class Outbox {
 public:
  // Answers of Read() are cut at this size.
  static constexpr size_t kMaxReadBytes = size_t{1} << 20;

  // `clock` outlives this.
  Outbox(absl::string_view service, const Clock& clock,
         int partitions = kDefaultPartitions);

  // Prepares a new database, or checks that this one was prepared with the same
  // settings. Called once at start, after the migration. Returns
  // FAILED_PRECONDITION (FEED_SETTINGS_CHANGED) if it was not.
  absl::Status Open(SqlWriter& writer) const;

  // Writes `event` to the log. The caller has set id, tenant, type and ordering
  // key; service, key_version and partition are set here. Returns INTERNAL
  // (EVENT_INCOMPLETE) if one is missing, ALREADY_EXISTS if the id is taken.
  absl::Status Append(SqlWriter& writer, internal::v1::Event& event) const;

  // Append() of several, the last thing that a body does but for `then`, which
  // may be empty. Their versions are set when that is called, so both `events`
  // and this outlive the body.
  absl::Status AppendLast(SqlWriter& writer,
                          std::vector<internal::v1::Event>& events,
                          std::function<absl::Status(SqlWriter&)> then) const;

  // Gives up to `max_events` events of `partitions` their position and returns
  // how many got one. Two events of one ordering key get theirs in the order of
  // their versions. Called for a partition by one process at a time.
  absl::StatusOr<int> Number(SqlWriter& writer,
                             const std::vector<int>& partitions,
                             int max_events) const;

  // The same for all partitions.
  absl::StatusOr<int> Number(SqlWriter& writer, int max_events) const;

  // Returns whether events of `partitions` wait for their position.
  absl::StatusOr<bool> HasPending(SqlReader& reader,
                                  const std::vector<int>& partitions) const;

  // Answers Feed.Read. Returns INVALID_ARGUMENT (BAD_REQUEST) for a partition
  // that does not exist and for negative numbers, and OUT_OF_RANGE
  // (FEED_TRIMMED) if the next event was removed, unless a compacted log is
  // asked for.
  absl::StatusOr<internal::v1::ReadFeedResponse> Read(
      SqlReader& reader, const internal::v1::ReadFeedRequest& request) const;

  // Returns the first position of the partition that Read() still returns.
  absl::StatusOr<int64_t> FirstSeq(SqlReader& reader, int partition) const;

  // Returns the last position of the partition whose event was written before
  // `time`; one before FirstSeq() if none is kept. Positions are taken to be in
  // the order of time.
  absl::StatusOr<int64_t> LastBefore(SqlReader& reader, int partition,
                                     absl::Time time) const;

  // Removes the oldest events of the partition, of at most `max_events`
  // positions, that are no later than `last_seq` and older than `before`, and
  // returns how many positions the log has become shorter. The newest event of
  // each resource stays, for readers of the compacted log: what follows from it
  // is the state that follows from the whole.
  absl::StatusOr<int64_t> Trim(SqlWriter& writer, int partition,
                               int64_t last_seq, absl::Time before,
                               int max_events) const;

  // Returns the last position of each partition.
  absl::StatusOr<std::vector<int64_t>> HeadSeqs(SqlReader& reader) const;

  // Returns the epoch of the feed.
  absl::StatusOr<int64_t> Epoch(SqlReader& reader) const;

  // Begins an epoch that was never there before, as is needed once events are
  // lost that consumers may have seen, and returns it. `now` keeps it apart
  // from one that was begun and lost.
  absl::StatusOr<int64_t> RaiseEpoch(SqlWriter& writer, absl::Time now) const;

  // Answers Feed.Head, without the positions of consumers.
  absl::StatusOr<internal::v1::HeadFeedResponse> Head(SqlReader& reader) const;

  // Returns the tenant's event with this id, or NOT_FOUND (EVENT_NOT_FOUND).
  absl::StatusOr<internal::v1::Event> Find(SqlReader& reader,
                                           absl::string_view tenant,
                                           absl::string_view event_id) const;

  const std::string& service() const { return service_; }
  int partitions() const { return partitions_; }

 private:
  // Stores an event whose key has got the version in `rows`.
  absl::Status Store(SqlWriter& writer, const SqlRows& rows,
                     internal::v1::Event& event) const;

  const std::string service_;
  const Clock& clock_;
  const int partitions_;
  const std::vector<int> all_partitions_;
};

}  // namespace crm

#endif  // CRM_SHARED_EVENTS_OUTBOX_H_

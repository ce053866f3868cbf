#include "services/analytical/projections/warehouse_projection.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "services/analytical/projections/warehouse_applier.h"
#include "shared/base/digest.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/events/event_inbox.h"
#include "shared/events/sql_applier.h"
#include "shared/query/sql_value_codec.h"

namespace crm::analytical {
namespace {

using internal::v1::Event;
using internal::v1::ReadFeedRequest;
using internal::v1::ReadFeedResponse;

constexpr absl::Duration kFeedTimeout = absl::Seconds(5);
constexpr int kReadEvents = 1000;

// How many rows one statement returns; well within kMaxRows.
constexpr int64_t kRowsAtATime = 20'000;

// A table's columns, the key by which its rows are put in order first.
struct HashedTable {
  absl::string_view name;
  absl::string_view columns;
  absl::string_view key;
  size_t key_size;
};
constexpr HashedTable kTables[] = {
    {"orders",
     "tenant, name, customer, state, currency, CAST(amount AS TEXT), "
     "order_time, order_day, line_count",
     "tenant, name", 2},
    {"order_lines",
     "tenant, order_name, line, line_id, product, quantity, "
     "CAST(amount AS TEXT)",
     "tenant, order_name, line", 3},
    {"resource_facts",
     "tenant, name, type, customer, category, state, known, start_time, "
     "end_time, CAST(value AS TEXT)",
     "tenant, name", 2},
    {"applied_keys", "tenant, ordering_key, key_version, event_time",
     "tenant, ordering_key", 2},
};

// Adds the rows of a table to the chain that `hash` is the end of.
absl::Status HashTable(SqlReader& reader, const std::string& producer,
                       const HashedTable& table, std::string& hash) {
  std::vector<SqlValue> after;
  for (;;) {
    std::vector<SqlValue> params = {producer};
    std::string condition = "producer = ?";
    if (!after.empty()) {
      absl::StrAppend(&condition, " AND (", table.key, ") > (?",
                      table.key_size == 3 ? ", ?, ?)" : ", ?)");
      params.insert(params.end(), after.begin(), after.end());
    }
    params.push_back(kRowsAtATime);
    CRM_ASSIGN_OR_RETURN(
        const SqlRows rows,
        reader.Query(absl::StrCat("SELECT ", table.columns, " FROM ",
                                  table.name, " WHERE ", condition,
                                  " ORDER BY ", table.key, " LIMIT ?"),
                     params));
    std::string bytes = absl::StrCat(hash, table.name);
    for (const SqlRow& row : rows) {
      const std::string encoded = EncodeSqlValues(row);
      absl::StrAppend(&bytes, encoded.size(), ":", encoded);
    }
    hash = Sha256(bytes);
    if (std::ssize(rows) < kRowsAtATime) return absl::OkStatus();
    after.assign(
        rows.back().begin(),
        rows.back().begin() + static_cast<std::ptrdiff_t>(table.key_size));
  }
}

// The state of a warehouse at one instant.
struct Snapshot {
  ConsumerState state;
  std::string hash;
};

absl::StatusOr<Snapshot> TakeSnapshot(Warehouse& warehouse,
                                      const std::string& producer,
                                      absl::Time deadline) {
  Snapshot snapshot;
  CRM_RETURN_IF_ERROR(
      warehouse.Read(deadline, [&](SqlReader& reader) -> absl::Status {
        CRM_ASSIGN_OR_RETURN(snapshot.state,
                             LoadConsumerState(reader, producer));
        CRM_ASSIGN_OR_RETURN(snapshot.hash, HashWarehouse(reader, producer));
        return absl::OkStatus();
      }));
  return snapshot;
}

// Fills an empty warehouse from a feed.
class Replay {
 public:
  Replay(Warehouse& warehouse, const std::string& producer, FeedClient& feed,
         const Clock& clock, absl::Time deadline)
      : applier_(warehouse, clock, applied_),
        producer_(producer),
        feed_(feed),
        clock_(clock),
        deadline_(deadline) {}

  // Begins with an empty state of `feed_epoch`.
  absl::Status Begin(int64_t feed_epoch, size_t partitions) {
    CRM_RETURN_IF_ERROR(applier_.Resync(producer_, feed_epoch));
    feed_epoch_ = feed_epoch;
    for (size_t i = 0; i < partitions; ++i) {
      inboxes_.push_back(std::make_unique<EventInbox>(
          applier_, parked_keys_,
          EventInbox::Source{.producer = producer_,
                             .partition = static_cast<int>(i),
                             .partitions = static_cast<int>(partitions),
                             .feed_epoch = feed_epoch},
          /*position=*/0));
    }
    return absl::OkStatus();
  }

  // Applies the events of each partition up to a position.
  absl::Status RunTo(const std::vector<int64_t>& seqs) {
    for (size_t i = 0; i < seqs.size() && i < inboxes_.size(); ++i) {
      while (inboxes_[i]->position() < seqs[i]) {
        CRM_RETURN_IF_ERROR(Step(static_cast<int>(i), seqs[i]));
      }
    }
    return absl::OkStatus();
  }

  int64_t event_count() const { return static_cast<int64_t>(applied_.value()); }

 private:
  absl::Status Step(int partition, int64_t to_seq) {
    if (clock_.Now() >= deadline_) {
      return MakeError(absl::StatusCode::kDeadlineExceeded, "REPLAY_UNFINISHED",
                       "The replay takes longer than the call may.");
    }
    EventInbox& inbox = *inboxes_[static_cast<size_t>(partition)];
    ReadFeedRequest request;
    request.set_partition(partition);
    request.set_after_seq(inbox.position());
    request.set_max_events(kReadEvents);
    request.set_compacted(true);
    CRM_ASSIGN_OR_RETURN(const ReadFeedResponse response,
                         feed_.Read(request, kFeedTimeout));
    if (response.feed_epoch() != feed_epoch_) {
      return Aborted("FEED_EPOCH_CHANGED",
                     "The feed is in another epoch than the projection.");
    }
    std::vector<Event> events;
    for (const Event& event : response.events()) {
      if (event.seq() > to_seq) break;
      events.push_back(event);
    }
    // Past the events of this answer nothing is left before `to_seq` only if
    // there are later ones, or none at all.
    const bool complete = response.events().empty() ||
                          std::ssize(events) < response.events_size();
    absl::Status status;
    for (int tries = 0; tries < EventInbox::kMaxTries; ++tries) {
      status = inbox.OfferCompacted(events, complete ? to_seq : 0);
      // The event's own fault: after some tries it is parked, as it was when
      // it came.
      if (!IsPermanentFailure(status)) break;
    }
    return status;
  }

  Counter applied_;
  WarehouseApplier applier_;
  const std::string producer_;
  FeedClient& feed_;
  const Clock& clock_;
  const absl::Time deadline_;
  int64_t feed_epoch_ = 0;
  std::set<ParkedKey> parked_keys_;
  std::vector<std::unique_ptr<EventInbox>> inboxes_;
};

absl::Status ReplayRunning() {
  return Aborted("REPLAY_RUNNING",
                 "Another replay of the warehouse runs; wait for its end.");
}

absl::StatusOr<bool> HasOtherProducers(Warehouse& warehouse,
                                       const std::string& producer,
                                       absl::Time deadline) {
  bool found = false;
  CRM_RETURN_IF_ERROR(
      warehouse.Read(deadline, [&](SqlReader& reader) -> absl::Status {
        CRM_ASSIGN_OR_RETURN(
            const SqlRows rows,
            reader.Query("SELECT 1 FROM consumer_position WHERE producer <> ? "
                         "LIMIT 1",
                         {producer}));
        found = !rows.empty();
        return absl::OkStatus();
      }));
  return found;
}

// Returns ABORTED (SHADOW_BEHIND) unless `next` has come as far as `live`.
absl::Status CheckNotBehind(SqlReader& live, SqlReader& next,
                            const std::string& producer) {
  CRM_ASSIGN_OR_RETURN(const ConsumerState was,
                       LoadConsumerState(live, producer));
  CRM_ASSIGN_OR_RETURN(ConsumerState is, LoadConsumerState(next, producer));
  is.positions.resize(std::max(is.positions.size(), was.positions.size()));
  for (size_t i = 0; i < was.positions.size(); ++i) {
    if (is.positions[i] < was.positions[i]) {
      return Aborted("SHADOW_BEHIND", "The new warehouse is behind.");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> HashWarehouse(SqlReader& reader,
                                          const std::string& producer) {
  std::string hash;
  for (const HashedTable& table : kTables) {
    CRM_RETURN_IF_ERROR(HashTable(reader, producer, table, hash));
  }
  return absl::BytesToHexString(hash);
}

absl::StatusOr<ProjectionCheck> WarehouseProjection::Verify(
    absl::string_view producer, FeedClient& feed, absl::Time deadline) {
  const std::unique_lock running(running_, std::try_to_lock);
  if (!running.owns_lock()) return ReplayRunning();
  const std::string name(producer);
  CRM_ASSIGN_OR_RETURN(const auto head, feed.Head(kFeedTimeout));
  CRM_ASSIGN_OR_RETURN(const Snapshot live,
                       TakeSnapshot(warehouse_, name, deadline));
  if (live.state.feed_epoch != head.feed_epoch()) {
    return Aborted("FEED_EPOCH_CHANGED",
                   "The feed is in another epoch than the projection.");
  }
  CRM_ASSIGN_OR_RETURN(const std::unique_ptr<Warehouse> shadow,
                       warehouse_.OpenShadow());
  Replay replay(*shadow, name, feed, clock_, deadline);
  CRM_RETURN_IF_ERROR(replay.Begin(head.feed_epoch(),
                                   static_cast<size_t>(head.head_seqs_size())));
  CRM_RETURN_IF_ERROR(replay.RunTo(live.state.positions));
  CRM_ASSIGN_OR_RETURN(const Snapshot replayed,
                       TakeSnapshot(*shadow, name, deadline));
  return ProjectionCheck{.projection_hash = live.hash,
                         .replay_hash = replayed.hash,
                         .event_count = replay.event_count()};
}

absl::StatusOr<ProjectionCheck> WarehouseProjection::Rebuild(
    absl::string_view producer, FeedClient& feed, absl::Time deadline) {
  const std::unique_lock running(running_, std::try_to_lock);
  if (!running.owns_lock()) return ReplayRunning();
  const std::string name(producer);
  CRM_ASSIGN_OR_RETURN(const bool others,
                       HasOtherProducers(warehouse_, name, deadline));
  if (others) {
    return FailedPrecondition("OTHER_PRODUCERS",
                              "The warehouse also holds what other services "
                              "said; it is not built anew for one of them.");
  }
  CRM_ASSIGN_OR_RETURN(auto head, feed.Head(kFeedTimeout));
  CRM_ASSIGN_OR_RETURN(const std::unique_ptr<Warehouse> shadow,
                       warehouse_.OpenShadow());
  Replay replay(*shadow, name, feed, clock_, deadline);
  CRM_RETURN_IF_ERROR(replay.Begin(head.feed_epoch(),
                                   static_cast<size_t>(head.head_seqs_size())));
  for (;;) {
    CRM_RETURN_IF_ERROR(
        replay.RunTo({head.head_seqs().begin(), head.head_seqs().end()}));
    // The old one has gone on meanwhile; close to the end it is only a little.
    const absl::Status status =
        warehouse_.Adopt(*shadow, [&](SqlReader& live, SqlReader& next) {
          return CheckNotBehind(live, next, name);
        });
    if (status.ok()) {
      // Events go on coming; with the hash first it would be behind again.
      CRM_ASSIGN_OR_RETURN(const Snapshot built,
                           TakeSnapshot(*shadow, name, deadline));
      return ProjectionCheck{.projection_hash = built.hash,
                             .replay_hash = built.hash,
                             .event_count = replay.event_count()};
    }
    if (ErrorReason(status) != "SHADOW_BEHIND") return status;
    CRM_ASSIGN_OR_RETURN(head, feed.Head(kFeedTimeout));
  }
}

}  // namespace crm::analytical

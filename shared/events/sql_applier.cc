#include "shared/events/sql_applier.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/events/parked_events.h"
#include "shared/events/sql_values.h"

namespace crm {
namespace {

using internal::v1::Event;

constexpr absl::Duration kDatabaseTimeout = absl::Seconds(5);

// The partition that stands for the producer as a whole; its row holds the
// epoch, and position 0.
constexpr int64_t kProducerRow = -1;

absl::Status PositionMoved(const FeedStep& step) {
  return Aborted(
      "POSITION_MOVED",
      absl::StrCat("Partition ", step.partition, " of '", step.producer,
                   "' is not at position ", step.from_seq, " of epoch ",
                   step.feed_epoch, " any more."));
}

}  // namespace

std::vector<SqlTable> ConsumerTables() {
  return {
      {.name = "consumer_position",
       .columns = {{"producer", SqlType::kText, false, {}},
                   {"part", SqlType::kInteger, false, {}},
                   {"feed_epoch", SqlType::kInteger, false, {}},
                   {"seq", SqlType::kInteger, false, {}}},
       .primary_key = {"producer", "part"}},
      {.name = "consumer_attempt",
       .columns = {{"producer", SqlType::kText, false, {}},
                   {"part", SqlType::kInteger, false, {}},
                   {"seq", SqlType::kInteger, false, {}},
                   {"attempts", SqlType::kInteger, false, {}}},
       .primary_key = {"producer", "part"}},
      ParkedEventTable(),
  };
}

absl::StatusOr<ConsumerState> LoadConsumerState(SqlReader& reader,
                                                absl::string_view producer) {
  ConsumerState state;
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query("SELECT part, feed_epoch, seq FROM consumer_position "
                   "WHERE producer = ? ORDER BY part",
                   {std::string(producer)}));
  for (const SqlRow& row : rows) {
    const int64_t part = IntegerOr(row, 0, 0);
    state.feed_epoch = std::max(state.feed_epoch, IntegerOr(row, 1, 0));
    if (part < 0) continue;
    state.positions.resize(static_cast<size_t>(part) + 1);
    state.positions[static_cast<size_t>(part)] = IntegerOr(row, 2, 0);
  }
  CRM_ASSIGN_OR_RETURN(ParkedKeys parked, LoadParkedKeys(reader, producer));
  state.parked_keys = std::move(parked.keys);
  state.parked_count = parked.event_count;
  return state;
}

absl::Status AdvancePosition(SqlWriter& writer, const FeedStep& step) {
  if (step.lease.has_value()) {
    CRM_RETURN_IF_ERROR(CheckLease(writer, *step.lease));
  }
  absl::StatusOr<int64_t> changed =
      step.from_seq == 0
          ? writer.Execute(
                "INSERT INTO consumer_position (producer, part, feed_epoch, "
                "seq) VALUES (?, ?, ?, ?) ON CONFLICT (producer, part) DO "
                "NOTHING",
                {step.producer, int64_t{step.partition}, step.feed_epoch,
                 step.to_seq})
          : writer.Execute(
                "UPDATE consumer_position SET seq = ? WHERE producer = ? AND "
                "part = ? AND feed_epoch = ? AND seq = ?",
                {step.to_seq, step.producer, int64_t{step.partition},
                 step.feed_epoch, step.from_seq});
  CRM_RETURN_IF_ERROR(changed.status());
  return *changed == 1 ? absl::OkStatus() : PositionMoved(step);
}

absl::StatusOr<int64_t> NoteAttemptIn(SqlWriter& writer, const FeedStep& step) {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      writer.Query(
          "INSERT INTO consumer_attempt (producer, part, seq, attempts) "
          "VALUES (?, ?, ?, 1) ON CONFLICT (producer, part) DO UPDATE SET "
          "attempts = CASE WHEN consumer_attempt.seq = excluded.seq THEN "
          "consumer_attempt.attempts + 1 ELSE 1 END, seq = excluded.seq "
          "RETURNING attempts",
          {step.producer, int64_t{step.partition}, step.from_seq + 1}));
  return rows.empty() ? 1 : IntegerOr(rows.front(), 0, 1);
}

absl::Status ForgetAttemptsIn(SqlWriter& writer, const FeedStep& step) {
  return writer
      .Execute("DELETE FROM consumer_attempt WHERE producer = ? AND part = ?",
               {step.producer, int64_t{step.partition}})
      .status();
}

absl::StatusOr<bool> HasBegun(SqlReader& reader, absl::string_view producer,
                              int64_t feed_epoch) {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query("SELECT 1 FROM consumer_position WHERE producer = ? AND "
                   "feed_epoch >= ? LIMIT 1",
                   {std::string(producer), feed_epoch}));
  return !rows.empty();
}

absl::Status ResetConsumerState(SqlWriter& writer, absl::string_view producer,
                                int64_t feed_epoch) {
  const std::string name(producer);
  CRM_RETURN_IF_ERROR(
      writer.Execute("DELETE FROM consumer_position WHERE producer = ?", {name})
          .status());
  CRM_RETURN_IF_ERROR(
      writer.Execute("DELETE FROM parked_event WHERE producer = ?", {name})
          .status());
  CRM_RETURN_IF_ERROR(
      writer.Execute("DELETE FROM consumer_attempt WHERE producer = ?", {name})
          .status());
  return writer
      .Execute(
          "INSERT INTO consumer_position (producer, part, feed_epoch, "
          "seq) VALUES (?, ?, ?, 0)",
          {name, kProducerRow, feed_epoch})
      .status();
}

absl::Status BeginEpochInPlace(SqlWriter& writer, absl::string_view producer,
                               int64_t feed_epoch) {
  CRM_ASSIGN_OR_RETURN(const bool has_begun,
                       HasBegun(writer, producer, feed_epoch));
  if (has_begun) return absl::OkStatus();
  const std::string name(producer);
  CRM_RETURN_IF_ERROR(
      writer
          .Execute("UPDATE consumer_position SET feed_epoch = ? WHERE "
                   "producer = ?",
                   {feed_epoch, name})
          .status());
  return writer
      .Execute(
          "INSERT INTO consumer_position (producer, part, feed_epoch, seq) "
          "VALUES (?, ?, ?, 0) ON CONFLICT (producer, part) DO NOTHING",
          {name, kProducerRow, feed_epoch})
      .status();
}

SqlApplier::SqlApplier(Database& database, const Clock& clock,
                       ApplyEvent apply_event, ForgetProducer forget_producer)
    : database_(database),
      clock_(clock),
      apply_event_(std::move(apply_event)),
      forget_producer_(std::move(forget_producer)) {}

absl::StatusOr<ConsumerState> SqlApplier::Load(absl::string_view producer) {
  absl::StatusOr<ConsumerState> state;
  const absl::Status status =
      database_.Read(Deadline(), [&](SqlReader& reader) {
        state = LoadConsumerState(reader, producer);
        return state.status();
      });
  if (!status.ok()) return status;
  return state;
}

absl::Status SqlApplier::Apply(const FeedStep& step,
                               absl::Span<const Event> events) {
  return database_.WriteAndWait(
      Deadline(), [&](SqlWriter& writer) -> absl::Status {
        CRM_RETURN_IF_ERROR(AdvancePosition(writer, step));
        for (const Event& event : events) {
          CRM_RETURN_IF_ERROR(apply_event_(writer, event));
        }
        return absl::OkStatus();
      });
}

absl::StatusOr<int64_t> SqlApplier::NoteAttempt(const FeedStep& step) {
  int64_t attempts = 0;
  CRM_RETURN_IF_ERROR(database_.WriteAndWait(
      Deadline(), [&](SqlWriter& writer) -> absl::Status {
        CRM_ASSIGN_OR_RETURN(attempts, NoteAttemptIn(writer, step));
        return absl::OkStatus();
      }));
  return attempts;
}

absl::Status SqlApplier::ForgetAttempts(const FeedStep& step) {
  return database_.WriteAndWait(Deadline(), [&](SqlWriter& writer) {
    return ForgetAttemptsIn(writer, step);
  });
}

absl::StatusOr<std::vector<ParkedEvent>> SqlApplier::ListParked(
    absl::string_view tenant, const std::optional<ParkedPlace>& after,
    int limit) {
  absl::StatusOr<std::vector<ParkedEvent>> events;
  CRM_RETURN_IF_ERROR(database_.Read(Deadline(), [&](SqlReader& reader) {
    events = ListParkedEvents(reader, tenant, after, limit);
    return events.status();
  }));
  return events;
}

absl::StatusOr<bool> SqlApplier::ReplayParked(absl::string_view producer,
                                              const ParkedKey& key) {
  bool found = false;
  CRM_RETURN_IF_ERROR(database_.WriteAndWait(
      Deadline(), [&](SqlWriter& writer) -> absl::Status {
        CRM_ASSIGN_OR_RETURN(const std::optional<ParkedEvent> parked,
                             OldestParkedEvent(writer, producer, key));
        found = parked.has_value();
        if (!found) return absl::OkStatus();
        CRM_RETURN_IF_ERROR(
            RemoveParkedEvent(writer, key.tenant, parked->place));
        return apply_event_(writer, parked->event);
      }));
  return found;
}

absl::Status SqlApplier::Park(const FeedStep& step, const Event& event,
                              const absl::Status& reason) {
  return database_.WriteAndWait(
      Deadline(), [&](SqlWriter& writer) -> absl::Status {
        CRM_RETURN_IF_ERROR(AdvancePosition(writer, step));
        return StoreParkedEvent(writer, step, event, reason, clock_.Now());
      });
}

absl::Status SqlApplier::Resync(absl::string_view producer,
                                int64_t feed_epoch) {
  return database_.WriteAndWait(
      Deadline(), [&](SqlWriter& writer) -> absl::Status {
        CRM_ASSIGN_OR_RETURN(const bool has_begun,
                             HasBegun(writer, producer, feed_epoch));
        if (has_begun) return absl::OkStatus();
        CRM_RETURN_IF_ERROR(forget_producer_(writer, producer));
        return ResetConsumerState(writer, producer, feed_epoch);
      });
}

absl::Time SqlApplier::Deadline() const {
  return clock_.Now() + kDatabaseTimeout;
}

}  // namespace crm

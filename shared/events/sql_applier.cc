#include "shared/events/sql_applier.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
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
      {.name = "parked_event",
       .columns = {{"producer", SqlType::kText, false, {}},
                   {"part", SqlType::kInteger, false, {}},
                   {"seq", SqlType::kInteger, false, {}},
                   {"tenant", SqlType::kText, false, {}},
                   {"ordering_key", SqlType::kText, false, {}},
                   {"event_id", SqlType::kText, false, {}},
                   {"reason", SqlType::kText, false, {}},
                   {"created", SqlType::kInteger, false, {}},
                   {"payload", SqlType::kBlob, false, {}}},
       .primary_key = {"producer", "part", "seq"}},
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
  CRM_ASSIGN_OR_RETURN(
      const SqlRows parked,
      reader.Query("SELECT tenant, ordering_key, COUNT(*) FROM parked_event "
                   "WHERE producer = ? GROUP BY tenant, ordering_key",
                   {std::string(producer)}));
  for (const SqlRow& row : parked) {
    ParkedKey& key = state.parked_keys.emplace_back();
    CRM_ASSIGN_OR_RETURN(key.tenant, TextAt(row, 0));
    CRM_ASSIGN_OR_RETURN(key.ordering_key, TextAt(row, 1));
    state.parked_count += IntegerOr(row, 2, 0);
  }
  return state;
}

absl::Status AdvancePosition(SqlWriter& writer, const FeedStep& step) {
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

absl::Status StoreParkedEvent(SqlWriter& writer, const FeedStep& step,
                              const Event& event, const absl::Status& reason,
                              absl::Time now) {
  return writer
      .Execute(
          "INSERT INTO parked_event (producer, part, seq, tenant, "
          "ordering_key, event_id, reason, created, payload) "
          "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
          {step.producer, int64_t{step.partition}, event.seq(), event.tenant(),
           event.ordering_key(), event.id(),
           absl::StrCat(ErrorReason(reason), ": ",
                        std::string(reason.message())),
           absl::ToUnixMicros(now), SqlBlob{event.SerializeAsString()}})
      .status();
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
  return writer
      .Execute(
          "INSERT INTO consumer_position (producer, part, feed_epoch, "
          "seq) VALUES (?, ?, ?, 0)",
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
        CRM_RETURN_IF_ERROR(forget_producer_(writer, producer));
        return ResetConsumerState(writer, producer, feed_epoch);
      });
}

absl::Time SqlApplier::Deadline() const {
  return clock_.Now() + kDatabaseTimeout;
}

}  // namespace crm

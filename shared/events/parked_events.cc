#include "shared/events/parked_events.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/events/sql_values.h"

namespace crm {
namespace {

using internal::v1::Event;

constexpr char kColumns[] =
    "SELECT producer, part, seq, reason, created, payload FROM parked_event ";

absl::StatusOr<ParkedEvent> ReadParked(const SqlRow& row) {
  ParkedEvent parked;
  CRM_ASSIGN_OR_RETURN(parked.place.producer, TextAt(row, 0));
  parked.place.partition = static_cast<int>(IntegerOr(row, 1, 0));
  parked.place.seq = IntegerOr(row, 2, 0);
  CRM_ASSIGN_OR_RETURN(parked.reason, TextAt(row, 3));
  parked.park_time = absl::FromUnixMicros(IntegerOr(row, 4, 0));
  CRM_ASSIGN_OR_RETURN(const absl::string_view payload, BytesAt(row, 5));
  if (!parked.event.ParseFromArray(payload.data(),
                                   static_cast<int>(payload.size()))) {
    return MakeError(absl::StatusCode::kDataLoss, "EVENT_UNREADABLE",
                     "A parked event cannot be decoded.");
  }
  return parked;
}

absl::StatusOr<bool> IsParked(SqlReader& reader, const FeedStep& step,
                              const Event& event) {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query("SELECT 1 FROM parked_event WHERE producer = ? AND "
                   "tenant = ? AND ordering_key = ? LIMIT 1",
                   {step.producer, event.tenant(), event.ordering_key()}));
  return !rows.empty();
}

}  // namespace

SqlTable ParkedEventTable() {
  return {.name = "parked_event",
          .columns = {{"producer", SqlType::kText, false, {}},
                      {"part", SqlType::kInteger, false, {}},
                      {"seq", SqlType::kInteger, false, {}},
                      {"tenant", SqlType::kText, false, {}},
                      {"ordering_key", SqlType::kText, false, {}},
                      {"event_id", SqlType::kText, false, {}},
                      {"reason", SqlType::kText, false, {}},
                      {"created", SqlType::kInteger, false, {}},
                      {"payload", SqlType::kBlob, false, {}}},
          .primary_key = {"tenant", "producer", "part", "seq"},
          .former_key = {"producer", "part", "seq"}};
}

absl::Status StoreParkedEvent(SqlWriter& writer, const FeedStep& step,
                              const Event& event, const absl::Status& reason,
                              absl::Time now) {
  if (ErrorReason(reason) == kKeyParked) {
    CRM_ASSIGN_OR_RETURN(const bool parked, IsParked(writer, step, event));
    if (!parked) {
      return Aborted("KEY_NOT_PARKED",
                     "The parked events of the ordering key were replayed.");
    }
  }
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

absl::StatusOr<ParkedKeys> LoadParkedKeys(SqlReader& reader,
                                          absl::string_view producer) {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query("SELECT tenant, ordering_key, COUNT(*) FROM parked_event "
                   "WHERE producer = ? GROUP BY tenant, ordering_key",
                   {std::string(producer)}));
  ParkedKeys parked;
  for (const SqlRow& row : rows) {
    ParkedKey& key = parked.keys.emplace_back();
    CRM_ASSIGN_OR_RETURN(key.tenant, TextAt(row, 0));
    CRM_ASSIGN_OR_RETURN(key.ordering_key, TextAt(row, 1));
    parked.event_count += IntegerOr(row, 2, 0);
  }
  return parked;
}

absl::StatusOr<std::vector<ParkedEvent>> ListParkedEvents(
    SqlReader& reader, absl::string_view tenant,
    const std::optional<ParkedPlace>& after, int limit) {
  const ParkedPlace place =
      after.value_or(ParkedPlace{.producer = "", .partition = -1});
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query(
          absl::StrCat(kColumns,
                       "WHERE tenant = ? AND (producer > ? OR (producer = ? "
                       "AND (part > ? OR (part = ? AND seq > ?)))) "
                       "ORDER BY producer, part, seq LIMIT ?"),
          {std::string(tenant), place.producer, place.producer,
           int64_t{place.partition}, int64_t{place.partition}, place.seq,
           int64_t{limit}}));
  std::vector<ParkedEvent> events;
  for (const SqlRow& row : rows) {
    CRM_ASSIGN_OR_RETURN(ParkedEvent event, ReadParked(row));
    events.push_back(std::move(event));
  }
  return events;
}

absl::StatusOr<std::optional<ParkedEvent>> OldestParkedEvent(
    SqlReader& reader, absl::string_view producer, const ParkedKey& key) {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query(absl::StrCat(kColumns,
                                "WHERE producer = ? AND tenant = ? AND "
                                "ordering_key = ? ORDER BY part, seq LIMIT 1"),
                   {std::string(producer), key.tenant, key.ordering_key}));
  if (rows.empty()) return std::nullopt;
  return ReadParked(rows.front());
}

absl::Status RemoveParkedEvent(SqlWriter& writer, absl::string_view tenant,
                               const ParkedPlace& place) {
  CRM_ASSIGN_OR_RETURN(
      const int64_t removed,
      writer.Execute("DELETE FROM parked_event WHERE tenant = ? AND "
                     "producer = ? AND part = ? AND seq = ?",
                     {std::string(tenant), place.producer,
                      int64_t{place.partition}, place.seq}));
  if (removed == 1) return absl::OkStatus();
  return Aborted("ALREADY_REPLAYED", "The parked event was replayed already.");
}

absl::StatusOr<int> ReplayParkedKey(Applier& applier,
                                    absl::string_view producer,
                                    const ParkedKey& key, absl::Time deadline,
                                    const Clock& clock) {
  int replayed = 0;
  for (;;) {
    if (clock.Now() >= deadline) {
      return MakeError(absl::StatusCode::kDeadlineExceeded, "REPLAY_UNFINISHED",
                       absl::StrCat("After ", replayed,
                                    " events some are still parked; call "
                                    "again to go on."));
    }
    CRM_ASSIGN_OR_RETURN(const bool more, applier.ReplayParked(producer, key));
    if (!more) return replayed;
    ++replayed;
  }
}

}  // namespace crm

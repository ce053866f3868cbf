#include "shared/events/outbox.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/base/digest.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/events/sql_values.h"

namespace crm {
namespace {

using internal::v1::Event;
using internal::v1::HeadFeedResponse;
using internal::v1::ReadFeedRequest;
using internal::v1::ReadFeedResponse;

constexpr int kDefaultReadEvents = 256;
constexpr int kMaxReadEvents = 1000;

// The epoch of a database that was never restored.
constexpr int64_t kFirstEpoch = 1;

// Builds an event from the columns seq and payload: the position is not known
// yet when the payload is written.
absl::StatusOr<Event> DecodeRow(const SqlRow& row) {
  CRM_ASSIGN_OR_RETURN(const absl::string_view payload, BytesAt(row, 1));
  Event event;
  if (!event.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
    return MakeError(absl::StatusCode::kDataLoss, "EVENT_UNREADABLE",
                     "An event in the outbox cannot be decoded.");
  }
  event.set_seq(IntegerOr(row, 0, 0));
  return event;
}

// Lets an index over (part, seq) find the events that wait.
std::string PendingCondition(const std::vector<int>& partitions) {
  return absl::StrCat("part IN (", absl::StrJoin(partitions, ","),
                      ") AND seq IS NULL");
}

std::vector<int> FirstNumbers(int count) {
  std::vector<int> numbers(static_cast<size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

// Gives the first `?` events that wait in `partitions` the positions after
// their partition's head, all in one statement.
std::string NumberSql(const std::vector<int>& partitions) {
  return absl::StrCat(
      "UPDATE outbox SET seq = numbered.seq FROM ("
      "SELECT waiting.tenant AS tenant, waiting.event_id AS event_id, "
      "COALESCE(partition_head.seq, 0) + "
      "ROW_NUMBER() OVER (PARTITION BY waiting.part ORDER BY waiting.tenant, "
      "waiting.ordering_key, waiting.key_version) AS seq FROM ("
      "SELECT event_id, part, tenant, ordering_key, key_version FROM outbox "
      "WHERE ",
      PendingCondition(partitions),
      " ORDER BY part, tenant, ordering_key, key_version LIMIT ?) AS waiting "
      "LEFT JOIN partition_head ON partition_head.part = waiting.part"
      ") AS numbered WHERE outbox.tenant = numbered.tenant AND "
      "outbox.event_id = numbered.event_id "
      "RETURNING outbox.part, outbox.seq");
}

// The version of an ordering key.
constexpr char kVersion[] =
    "SELECT v FROM ordering_head WHERE tenant = ? AND ordering_key = ?";

// Gives the ordering key of a new event its next version.
absl::Status RaiseVersion(SqlWriter& writer, const Event& event) {
  if (event.id().empty() || event.tenant().empty() || event.type().empty() ||
      event.ordering_key().empty()) {
    return Internal("EVENT_INCOMPLETE",
                    "An event needs id, tenant, type and ordering key.");
  }
  // Not by RETURNING: SQLite gives such a statement a savepoint, at which its
  // text index writes down what it has gathered in memory.
  return writer.Post(
      "INSERT INTO ordering_head (tenant, ordering_key, v) VALUES (?, ?, 1) "
      "ON CONFLICT (tenant, ordering_key) DO UPDATE SET v = ordering_head.v + "
      "1",
      {event.tenant(), event.ordering_key()});
}

absl::Status FeedTrimmed(const ReadFeedRequest& request) {
  return OutOfRange(
      "FEED_TRIMMED",
      absl::StrCat("Event ", request.after_seq() + 1, " of partition ",
                   request.partition(),
                   " is no longer kept. Read the resources anew, or the "
                   "compacted log."));
}

}  // namespace

int PartitionOf(absl::string_view tenant, absl::string_view ordering_key,
                int partitions) {
  const std::string text =
      absl::StrCat(tenant, absl::string_view("\0", 1), ordering_key);
  return static_cast<int>(StableHash(text) % static_cast<uint64_t>(partitions));
}

std::vector<SqlTable> OutboxTables() {
  return {
      {.name = "outbox",
       .columns = {{"event_id", SqlType::kText, false, {}},
                   {"tenant", SqlType::kText, false, {}},
                   {"ordering_key", SqlType::kText, false, {}},
                   {"key_version", SqlType::kInteger, false, {}},
                   {"part", SqlType::kInteger, false, {}},
                   {"seq", SqlType::kInteger, true, {}},
                   {"type", SqlType::kText, false, {}},
                   {"created", SqlType::kInteger, false, {}},
                   {"payload", SqlType::kBlob, false, {}},
                   // Without one an event is never removed.
                   {"resource", SqlType::kText, true, {}}},
       .primary_key = {"tenant", "event_id"},
       .former_key = {"event_id"},
       .indexes = {{.name = "outbox_key",
                    .columns = {"tenant", "ordering_key", "key_version"},
                    .unique = true},
                   {.name = "outbox_seq",
                    .columns = {"part", "seq"},
                    .unique = true}}},
      {.name = "ordering_head",
       .columns = {{"tenant", SqlType::kText, false, {}},
                   {"ordering_key", SqlType::kText, false, {}},
                   {"v", SqlType::kInteger, false, {}}},
       .primary_key = {"tenant", "ordering_key"},
       .clustered = true},
      {.name = "partition_head",
       .columns = {{"part", SqlType::kInteger, false, {}},
                   {"seq", SqlType::kInteger, false, {}},
                   // Events before it are not kept.
                   {"first_seq", SqlType::kInteger, false, int64_t{1}}},
       .primary_key = {"part"}},
      {.name = "feed_state",
       .columns = {{"service", SqlType::kText, false, {}},
                   {"feed_epoch", SqlType::kInteger, false, {}},
                   {"partitions", SqlType::kInteger, false, {}}},
       .primary_key = {"service"}},
  };
}

Outbox::Outbox(absl::string_view service, const Clock& clock, int partitions)
    : service_(service),
      clock_(clock),
      partitions_(std::clamp(partitions, 1, 256)),
      all_partitions_(FirstNumbers(partitions_)) {}

absl::Status Outbox::Open(SqlWriter& writer) const {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      writer.Query("SELECT service, partitions FROM feed_state", {}));
  if (rows.empty()) {
    return writer
        .Execute(
            "INSERT INTO feed_state (service, feed_epoch, partitions) "
            "VALUES (?, ?, ?)",
            {service_, kFirstEpoch, int64_t{partitions_}})
        .status();
  }
  CRM_ASSIGN_OR_RETURN(const std::string service, TextAt(rows.front(), 0));
  const int64_t partitions = IntegerOr(rows.front(), 1, 0);
  if (service == service_ && partitions == partitions_) return absl::OkStatus();
  return FailedPrecondition(
      "FEED_SETTINGS_CHANGED",
      absl::StrCat("The database belongs to service '", service, "' with ",
                   partitions, " event partitions, not to '", service_,
                   "' with ", partitions_,
                   "; start it with the settings it was made with."),
      "feed");
}

absl::Status Outbox::Append(SqlWriter& writer, Event& event) const {
  CRM_RETURN_IF_ERROR(RaiseVersion(writer, event));
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      writer.Query(kVersion, {event.tenant(), event.ordering_key()}));
  return Store(writer, rows, event);
}

absl::Status Outbox::AppendLast(
    SqlWriter& writer, std::vector<Event>& events,
    std::function<absl::Status(SqlWriter&)> then) const {
  if (events.empty()) return then ? then(writer) : absl::OkStatus();
  for (Event& event : events) {
    CRM_RETURN_IF_ERROR(RaiseVersion(writer, event));
    // Answers come in the order of the questions.
    std::function<absl::Status(SqlWriter&)> next;
    if (&event == &events.back()) next = std::move(then);
    CRM_RETURN_IF_ERROR(
        writer.QueryLater(kVersion, {event.tenant(), event.ordering_key()},
                          [this, &event, next = std::move(next)](
                              SqlWriter& later, const SqlRows& rows) {
                            absl::Status stored = Store(later, rows, event);
                            return stored.ok() && next ? next(later) : stored;
                          }));
  }
  return absl::OkStatus();
}

absl::Status Outbox::Store(SqlWriter& writer, const SqlRows& rows,
                           Event& event) const {
  event.set_service(service_);
  event.set_key_version(rows.empty() ? 0 : IntegerOr(rows.front(), 0, 0));
  event.set_partition(
      PartitionOf(event.tenant(), event.ordering_key(), partitions_));
  event.clear_seq();
  return writer.Post(
      "INSERT INTO outbox (event_id, tenant, ordering_key, "
      "key_version, part, type, created, payload, resource) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {event.id(), event.tenant(), event.ordering_key(), event.key_version(),
       int64_t{event.partition()}, event.type(),
       absl::ToUnixMicros(clock_.Now()), SqlBlob{event.SerializeAsString()},
       event.resource()});
}

absl::StatusOr<int> Outbox::Number(SqlWriter& writer, int max_events) const {
  return Number(writer, all_partitions_, max_events);
}

absl::StatusOr<int> Outbox::Number(SqlWriter& writer,
                                   const std::vector<int>& partitions,
                                   int max_events) const {
  if (partitions.empty()) return 0;
  CRM_ASSIGN_OR_RETURN(const SqlRows rows, writer.Query(NumberSql(partitions),
                                                        {int64_t{max_events}}));
  if (rows.empty()) return 0;
  std::map<int64_t, int64_t> heads;
  for (const SqlRow& row : rows) {
    int64_t& head = heads[IntegerOr(row, 0, -1)];
    head = std::max(head, IntegerOr(row, 1, 0));
  }
  std::vector<SqlValue> params;
  for (const auto& [part, seq] : heads) {
    params.push_back(part);
    params.push_back(seq);
  }
  CRM_RETURN_IF_ERROR(
      writer
          .Execute(
              absl::StrCat(
                  "INSERT INTO partition_head (part, seq) VALUES ",
                  absl::StrJoin(
                      std::vector<const char*>(heads.size(), "(?, ?)"), ", "),
                  " ON CONFLICT (part) DO UPDATE SET seq = excluded.seq"),
              params)
          .status());
  return static_cast<int>(rows.size());
}

absl::StatusOr<bool> Outbox::HasPending(
    SqlReader& reader, const std::vector<int>& partitions) const {
  if (partitions.empty()) return false;
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query(absl::StrCat("SELECT 1 FROM outbox WHERE ",
                                PendingCondition(partitions), " LIMIT 1"),
                   {}));
  return !rows.empty();
}

absl::StatusOr<ReadFeedResponse> Outbox::Read(
    SqlReader& reader, const ReadFeedRequest& request) const {
  std::vector<FieldViolation> violations;
  if (request.partition() < 0 || request.partition() >= partitions_) {
    violations.push_back({"partition", absl::StrCat("Must be from 0 to ",
                                                    partitions_ - 1, ".")});
  }
  if (request.after_seq() < 0) {
    violations.push_back({"after_seq", "Must not be negative."});
  }
  if (request.max_events() < 0) {
    violations.push_back({"max_events", "Must not be negative."});
  }
  if (!violations.empty()) return BadRequest(violations);

  const int max_events =
      request.max_events() == 0
          ? kDefaultReadEvents
          : std::min<int>(request.max_events(), kMaxReadEvents);
  ReadFeedResponse response;
  CRM_ASSIGN_OR_RETURN(const int64_t epoch, Epoch(reader));
  CRM_ASSIGN_OR_RETURN(const std::vector<int64_t> heads, HeadSeqs(reader));
  response.set_feed_epoch(epoch);
  response.set_head_seq(heads[static_cast<size_t>(request.partition())]);
  CRM_ASSIGN_OR_RETURN(const int64_t first_seq,
                       FirstSeq(reader, request.partition()));
  response.set_first_seq(first_seq);
  if (request.after_seq() + 1 < first_seq && !request.compacted()) {
    return FeedTrimmed(request);
  }
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query("SELECT seq, payload FROM outbox "
                   "WHERE part = ? AND seq > ? "
                   "ORDER BY seq NULLS FIRST LIMIT ?",
                   {int64_t{request.partition()}, request.after_seq(),
                    int64_t{max_events}}));
  size_t bytes = 0;
  for (const SqlRow& row : rows) {
    CRM_ASSIGN_OR_RETURN(Event event, DecodeRow(row));
    bytes += event.ByteSizeLong();
    // The first event is sent whatever its size, or nothing could follow it.
    if (bytes > kMaxReadBytes && response.events_size() > 0) break;
    *response.add_events() = std::move(event);
  }
  return response;
}

absl::StatusOr<int64_t> Outbox::FirstSeq(SqlReader& reader,
                                         int partition) const {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query("SELECT first_seq FROM partition_head WHERE part = ?",
                   {int64_t{partition}}));
  return rows.empty() ? 1 : IntegerOr(rows.front(), 0, 1);
}

absl::StatusOr<int64_t> Outbox::LastBefore(SqlReader& reader, int partition,
                                           absl::Time time) const {
  CRM_ASSIGN_OR_RETURN(int64_t low, FirstSeq(reader, partition));
  CRM_ASSIGN_OR_RETURN(const std::vector<int64_t> heads, HeadSeqs(reader));
  // Events in [first, low) are older, those after `high` are not.
  int64_t high = heads[static_cast<size_t>(partition)];
  while (low <= high) {
    const int64_t middle = low + (high - low) / 2;
    CRM_ASSIGN_OR_RETURN(
        const SqlRows rows,
        reader.Query("SELECT created FROM outbox WHERE part = ? AND seq = ?",
                     {int64_t{partition}, middle}));
    const int64_t created = rows.empty() ? 0 : IntegerOr(rows.front(), 0, 0);
    if (created < absl::ToUnixMicros(time)) {
      low = middle + 1;
    } else {
      high = middle - 1;
    }
  }
  return low - 1;
}

absl::StatusOr<int64_t> Outbox::Trim(SqlWriter& writer, int partition,
                                     int64_t last_seq, absl::Time before,
                                     int max_events) const {
  const int64_t part = partition;
  CRM_ASSIGN_OR_RETURN(const int64_t first_seq, FirstSeq(writer, partition));
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      writer.Query("SELECT seq, created FROM outbox WHERE part = ? AND "
                   "seq >= ? AND seq <= ? "
                   "ORDER BY seq NULLS FIRST LIMIT ?",
                   {part, first_seq, last_seq, int64_t{max_events}}));
  int64_t end = first_seq;
  for (const SqlRow& row : rows) {
    if (IntegerOr(row, 1, 0) >= absl::ToUnixMicros(before)) break;
    end = IntegerOr(row, 0, 0) + 1;
  }
  if (end == first_seq) return 0;
  // What stayed of these keys the last time may go by now as well.
  CRM_RETURN_IF_ERROR(
      writer
          .Execute(
              "DELETE FROM outbox WHERE (tenant, event_id) IN "
              "(SELECT old.tenant, old.event_id FROM "
              "(SELECT DISTINCT tenant, ordering_key FROM outbox WHERE "
              "part = ? AND seq >= ? AND seq < ?) AS touched "
              "JOIN outbox AS old ON old.tenant = touched.tenant AND "
              "old.ordering_key = touched.ordering_key "
              "WHERE old.seq < ? AND EXISTS (SELECT 1 FROM outbox AS newer "
              "WHERE newer.tenant = old.tenant AND "
              "newer.ordering_key = old.ordering_key AND "
              "newer.key_version > old.key_version AND "
              "newer.resource = old.resource))",
              {part, first_seq, end, end})
          .status());
  CRM_RETURN_IF_ERROR(
      writer
          .Execute("UPDATE partition_head SET first_seq = ? WHERE part = ?",
                   {end, part})
          .status());
  return end - first_seq;
}

absl::StatusOr<HeadFeedResponse> Outbox::Head(SqlReader& reader) const {
  HeadFeedResponse response;
  CRM_ASSIGN_OR_RETURN(const int64_t epoch, Epoch(reader));
  CRM_ASSIGN_OR_RETURN(const std::vector<int64_t> heads, HeadSeqs(reader));
  CRM_ASSIGN_OR_RETURN(
      const SqlRows pending,
      reader.Query(absl::StrCat("SELECT COUNT(*) FROM outbox WHERE ",
                                PendingCondition(all_partitions_)),
                   {}));
  response.set_feed_epoch(epoch);
  for (int64_t head : heads) response.add_head_seqs(head);
  response.set_pending_count(pending.empty() ? 0 : IntegerOr(pending[0], 0, 0));
  return response;
}

absl::StatusOr<Event> Outbox::Find(SqlReader& reader, absl::string_view tenant,
                                   absl::string_view event_id) const {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query("SELECT seq, payload FROM outbox WHERE tenant = ? AND "
                   "event_id = ?",
                   {std::string(tenant), std::string(event_id)}));
  if (rows.empty()) {
    return NotFound("EVENT_NOT_FOUND",
                    absl::StrCat("There is no event '", event_id, "'."),
                    {{"event", std::string(event_id)}});
  }
  return DecodeRow(rows.front());
}

}  // namespace crm

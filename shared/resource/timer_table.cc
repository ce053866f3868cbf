#include "shared/resource/timer_table.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/events/outbox.h"

namespace crm {
namespace {

int64_t Micros(absl::Time time) { return absl::ToUnixMicros(time); }

// Says which row is meant, and that it is what it was.
constexpr char kSameTimer[] =
    " WHERE part = ? AND due_time = ? AND tenant = ? AND kind = ? AND "
    "timer_key = ?";

std::vector<SqlValue> SameTimer(const StoredTimer& stored) {
  return {int64_t{stored.partition}, Micros(stored.timer.due_time),
          stored.timer.tenant, stored.timer.kind, stored.timer.key};
}

}  // namespace

SqlTable TimerTable() {
  SqlTable table;
  table.name = "timer";
  table.columns = {
      {"part", SqlType::kInteger, false, {}},
      {"due_time", SqlType::kInteger, false, {}},
      {"tenant", SqlType::kText, false, {}},
      {"kind", SqlType::kText, false, {}},
      {"timer_key", SqlType::kText, false, {}},
      {"payload", SqlType::kBlob, false, {}},
      // When it is tried; later than `due_time` after a failure.
      {"next_try", SqlType::kInteger, false, {}},
      {"attempts", SqlType::kInteger, false, {}},
      {"error", SqlType::kText, false, {}},
  };
  table.primary_key = {"tenant", "kind", "timer_key"};
  table.former_key = {"part", "due_time", "tenant", "kind", "timer_key"};
  table.indexes = {{.name = "timer_next_try", .columns = {"part", "next_try"}}};
  // (part, tenant, kind, timer_key), which the key says by now: the partition
  // comes of the tenant and the timer's key.
  table.retired_indexes = {"one_timer"};
  return table;
}

int TimerPartition(absl::string_view tenant, absl::string_view key) {
  return PartitionOf(tenant, key, kTimerPartitions);
}

absl::Status SetTimer(SqlWriter& writer, const Timer& timer) {
  if (timer.kind.empty() || timer.key.empty() ||
      timer.key.size() > kMaxTimerKeyBytes ||
      timer.payload.size() > kMaxTimerPayloadBytes) {
    return Internal("TIMER_INVALID", "A timer cannot be stored.");
  }
  CRM_RETURN_IF_ERROR(
      ClearTimer(writer, timer.tenant, timer.kind, timer.key).status());
  return writer.Post(
      "INSERT INTO timer (part, due_time, tenant, kind, timer_key, payload, "
      "next_try, attempts, error) VALUES (?, ?, ?, ?, ?, ?, ?, 0, '')",
      {int64_t{TimerPartition(timer.tenant, timer.key)}, Micros(timer.due_time),
       timer.tenant, timer.kind, timer.key, SqlBlob{timer.payload},
       Micros(timer.due_time)});
}

absl::StatusOr<bool> ClearTimer(SqlWriter& writer, absl::string_view tenant,
                                absl::string_view kind, absl::string_view key) {
  CRM_ASSIGN_OR_RETURN(
      const int64_t cleared,
      writer.Execute("DELETE FROM timer WHERE part = ? AND tenant = ? AND "
                     "kind = ? AND timer_key = ?",
                     {int64_t{TimerPartition(tenant, key)}, std::string(tenant),
                      std::string(kind), std::string(key)}));
  return cleared == 1;
}

absl::StatusOr<bool> HasTimer(SqlReader& reader, absl::string_view tenant,
                              absl::string_view kind, absl::string_view key) {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query("SELECT 1 FROM timer WHERE part = ? AND tenant = ? "
                   "AND kind = ? AND timer_key = ?",
                   {int64_t{TimerPartition(tenant, key)}, std::string(tenant),
                    std::string(kind), std::string(key)}));
  return !rows.empty();
}

absl::StatusOr<bool> TakeTimer(SqlWriter& writer, const StoredTimer& timer) {
  CRM_ASSIGN_OR_RETURN(
      const int64_t taken,
      writer.Execute(absl::StrCat("DELETE FROM timer", kSameTimer),
                     SameTimer(timer)));
  return taken == 1;
}

absl::Status DelayTimer(SqlWriter& writer, const StoredTimer& timer,
                        absl::Time next_try, absl::string_view error) {
  std::vector<SqlValue> params = {Micros(next_try), std::string(error)};
  for (SqlValue& value : SameTimer(timer)) params.push_back(std::move(value));
  return writer.Post(
      absl::StrCat("UPDATE timer SET next_try = ?, attempts = attempts + 1, "
                   "error = ?",
                   kSameTimer),
      params);
}

absl::StatusOr<std::vector<StoredTimer>> DueTimers(
    SqlReader& reader, int partition, const std::vector<std::string>& kinds,
    absl::Time now, int limit) {
  std::vector<SqlValue> params = {int64_t{partition}, Micros(now)};
  for (const std::string& kind : kinds) params.push_back(kind);
  params.push_back(int64_t{limit});
  const std::vector<std::string> marks(kinds.size(), "?");
  CRM_ASSIGN_OR_RETURN(
      SqlRows rows,
      reader.Query(
          absl::StrCat("SELECT due_time, tenant, kind, timer_key, "
                       "payload, attempts, error FROM timer WHERE part = ? "
                       "AND next_try <= ? AND kind IN (",
                       absl::StrJoin(marks, ", "),
                       ") ORDER BY next_try NULLS FIRST LIMIT ?"),
          params));
  std::vector<StoredTimer> timers;
  for (SqlRow& row : rows) {
    StoredTimer& stored = timers.emplace_back();
    stored.partition = partition;
    stored.timer.due_time = absl::FromUnixMicros(std::get<int64_t>(row[0]));
    stored.timer.tenant = std::move(std::get<std::string>(row[1]));
    stored.timer.kind = std::move(std::get<std::string>(row[2]));
    stored.timer.key = std::move(std::get<std::string>(row[3]));
    stored.timer.payload = std::move(std::get<SqlBlob>(row[4]).bytes);
    stored.timer.attempts = static_cast<int>(std::get<int64_t>(row[5]));
    stored.timer.last_error = std::move(std::get<std::string>(row[6]));
  }
  return timers;
}

absl::StatusOr<std::optional<absl::Time>> NextTimer(SqlReader& reader,
                                                    int partition) {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query("SELECT next_try FROM timer WHERE part = ? ORDER BY "
                   "next_try NULLS FIRST LIMIT 1",
                   {int64_t{partition}}));
  if (rows.empty()) return std::nullopt;
  return absl::FromUnixMicros(std::get<int64_t>(rows[0][0]));
}

}  // namespace crm

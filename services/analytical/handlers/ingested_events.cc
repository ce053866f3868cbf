#include "services/analytical/handlers/ingested_events.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {
namespace {

// How many rows one statement stores.
constexpr size_t kRowsOfStatement = 100;

}  // namespace

SqlTable IngestedEventTable() {
  SqlTable table;
  table.name = "ingested_event";
  table.columns = {
      {"tenant", SqlType::kText, false, {}},
      {"source", SqlType::kText, false, {}},
      {"event_id", SqlType::kText, false, {}},
      {"content", SqlType::kBlob, false, {}},
  };
  table.primary_key = {"tenant", "source", "event_id"};
  table.clustered = true;
  return table;
}

absl::StatusOr<std::set<std::string>> StoreEvents(
    SqlWriter& writer, const IngestedKey& key,
    const std::vector<v1::IngestedEvent>& events) {
  std::set<std::string> stored;
  for (size_t begin = 0; begin < events.size(); begin += kRowsOfStatement) {
    const size_t end = std::min(events.size(), begin + kRowsOfStatement);
    std::string sql =
        "INSERT INTO ingested_event (tenant, source, event_id, content) "
        "VALUES ";
    std::vector<SqlValue> params;
    for (size_t i = begin; i < end; ++i) {
      absl::StrAppend(&sql, i == begin ? "" : ", ", "(?, ?, ?, ?)");
      params.insert(params.end(),
                    {key.tenant, key.source_uid, events[i].event().event_id(),
                     SqlBlob{events[i].SerializeAsString()}});
    }
    absl::StrAppend(&sql, " ON CONFLICT DO NOTHING RETURNING event_id");
    CRM_ASSIGN_OR_RETURN(const SqlRows rows, writer.Query(sql, params));
    for (const SqlRow& row : rows) stored.insert(std::get<std::string>(row[0]));
  }
  return stored;
}

absl::StatusOr<std::set<std::string>> StoredIds(
    SqlReader& reader, const IngestedKey& key,
    const std::vector<std::string>& ids) {
  std::set<std::string> stored;
  for (size_t begin = 0; begin < ids.size(); begin += kRowsOfStatement) {
    const size_t end = std::min(ids.size(), begin + kRowsOfStatement);
    std::string sql =
        "SELECT event_id FROM ingested_event WHERE tenant = ? AND source = ? "
        "AND event_id IN (";
    std::vector<SqlValue> params = {key.tenant, key.source_uid};
    for (size_t i = begin; i < end; ++i) {
      absl::StrAppend(&sql, i == begin ? "?" : ", ?");
      params.emplace_back(ids[i]);
    }
    absl::StrAppend(&sql, ")");
    CRM_ASSIGN_OR_RETURN(const SqlRows rows, reader.Query(sql, params));
    for (const SqlRow& row : rows) stored.insert(std::get<std::string>(row[0]));
  }
  return stored;
}

absl::StatusOr<std::vector<v1::IngestedEvent>> EventsAfter(
    SqlReader& reader, const IngestedKey& key, absl::string_view after,
    int limit) {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query(
          "SELECT content FROM ingested_event WHERE tenant = ? AND "
          "source = ? AND event_id > ? ORDER BY event_id LIMIT ?",
          {key.tenant, key.source_uid, std::string(after), int64_t{limit}}));
  std::vector<v1::IngestedEvent> events;
  for (const SqlRow& row : rows) {
    if (!events.emplace_back().ParseFromString(
            std::get<SqlBlob>(row[0]).bytes)) {
      return Internal("ROW_UNREADABLE", "A stored event could not be read.");
    }
  }
  return events;
}

}  // namespace crm::analytical

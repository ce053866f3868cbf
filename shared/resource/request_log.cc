#include "shared/resource/request_log.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm {
namespace {

using ::crm::internal::v1::Event;

std::vector<SqlValue> KeyParams(const RequestKey& key) {
  return {key.tenant, key.principal, key.method, key.request_id};
}

absl::StatusOr<std::string> ResponseOfEvent(SqlReader& reader,
                                            const std::string& tenant,
                                            const std::string& event_id) {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query("SELECT payload FROM outbox WHERE tenant = ? AND "
                   "event_id = ?",
                   {tenant, event_id}));
  Event event;
  if (rows.empty() ||
      !event.ParseFromString(std::get<SqlBlob>(rows[0][0]).bytes)) {
    return Internal("EVENT_MISSING", "A remembered answer could not be read.");
  }
  return event.after();
}

}  // namespace

SqlTable RequestLogTable() {
  SqlTable table;
  table.name = "request_log";
  table.columns = {
      {"tenant", SqlType::kText, false, {}},
      {"principal", SqlType::kText, false, {}},
      {"method", SqlType::kText, false, {}},
      {"request_id", SqlType::kText, false, {}},
      {"hash", SqlType::kBlob, false, {}},
      {"event_id", SqlType::kText, false, {}},
      {"response", SqlType::kBlob, false, {}},
      {"token", SqlType::kText, false, {}},
      {"create_time", SqlType::kInteger, false, {}},
  };
  table.primary_key = {"tenant", "principal", "method", "request_id"};
  table.clustered = true;
  table.indexes.push_back(
      {.name = "by_request_log_create_time", .columns = {"create_time"}});
  return table;
}

SqlFragment AnswerQuery(const RequestKey& key) {
  return {
      "SELECT hash, event_id, response, token, create_time FROM request_log "
      "WHERE tenant = ? AND principal = ? AND method = ? AND request_id = ?",
      KeyParams(key)};
}

absl::StatusOr<std::optional<RememberedAnswer>> FindAnswer(
    SqlReader& reader, const RequestKey& key, const std::string& hash,
    absl::Time now) {
  CRM_ASSIGN_OR_RETURN(SqlRows rows, reader.QueryShared(AnswerQuery(key)));
  if (rows.empty()) return std::nullopt;
  SqlRow& row = rows[0];
  if (std::get<int64_t>(row[4]) < absl::ToUnixMicros(now - kRequestMemory)) {
    return std::nullopt;
  }
  if (std::get<SqlBlob>(row[0]).bytes != hash) {
    return InvalidArgument(
        "REQUEST_ID_REUSED",
        absl::StrCat("The request id '", key.request_id,
                     "' came with another request before. Use a new one for "
                     "each request."),
        {{"request_id", key.request_id}});
  }
  RememberedAnswer answer;
  answer.token = std::move(std::get<std::string>(row[3]));
  const std::string& event_id = std::get<std::string>(row[1]);
  if (event_id.empty()) {
    answer.response = std::move(std::get<SqlBlob>(row[2]).bytes);
  } else {
    CRM_ASSIGN_OR_RETURN(answer.response,
                         ResponseOfEvent(reader, key.tenant, event_id));
  }
  return answer;
}

void ExpectAnswer(SqlWriter& writer, const RequestKey& key) {
  writer.ForgetShared(AnswerQuery(key));
}

absl::Status RememberAnswer(SqlWriter& writer, const RequestKey& key,
                            const std::string& hash,
                            const RememberedAnswer& answer,
                            const std::vector<Event>& events, absl::Time now) {
  std::string event_id;
  for (const Event& event : events) {
    if (!event.after().empty() && event.after() == answer.response) {
      event_id = event.id();
    }
  }
  std::vector<SqlValue> params = KeyParams(key);
  params.push_back(SqlBlob{hash});
  params.push_back(event_id);
  params.push_back(SqlBlob{event_id.empty() ? answer.response : ""});
  params.push_back(answer.token);
  params.push_back(absl::ToUnixMicros(now));
  // An expired entry may still stand in the way.
  return writer.Post(
      "INSERT INTO request_log (tenant, principal, method, request_id, "
      "hash, event_id, response, token, create_time) VALUES (?, ?, ?, ?, "
      "?, ?, ?, ?, ?) ON CONFLICT (tenant, principal, method, request_id) "
      "DO UPDATE SET hash = excluded.hash, event_id = excluded.event_id, "
      "response = excluded.response, token = excluded.token, "
      "create_time = excluded.create_time",
      params);
}

absl::StatusOr<int64_t> ForgetAnswers(SqlWriter& writer, absl::Time now,
                                      int64_t limit) {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      writer.Query("SELECT tenant, principal, method, request_id FROM "
                   "request_log WHERE create_time < ? ORDER BY create_time "
                   "NULLS FIRST LIMIT ?",
                   {absl::ToUnixMicros(now - kRequestMemory), limit}));
  for (const SqlRow& row : rows) {
    CRM_RETURN_IF_ERROR(
        writer.Post("DELETE FROM request_log WHERE tenant = ? AND "
                    "principal = ? AND method = ? AND request_id = ?",
                    row));
  }
  return static_cast<int64_t>(rows.size());
}

}  // namespace crm

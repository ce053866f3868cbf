#include "shared/resource/operation_table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "crm/platform/v1/operations.pb.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/resource/import_input.h"
#include "shared/resource/row_effects.h"

namespace crm {
namespace {

// How many operations a worker looks at to find one that nobody else has taken.
constexpr int kCandidates = 16;

constexpr char kColumns[] = "tenant, name, done, due_time, epoch, body";

int64_t Micros(absl::Time time) { return absl::ToUnixMicros(time); }

absl::StatusOr<StoredOperation> FromRow(SqlRow& row) {
  StoredOperation operation;
  operation.tenant = std::move(std::get<std::string>(row[0]));
  operation.name = std::move(std::get<std::string>(row[1]));
  operation.done = std::get<int64_t>(row[2]) != 0;
  operation.due_time = absl::FromUnixMicros(std::get<int64_t>(row[3]));
  operation.epoch = std::get<int64_t>(row[4]);
  if (!operation.record.ParseFromString(std::get<SqlBlob>(row[5]).bytes)) {
    return Internal("ROW_UNREADABLE", "A stored operation could not be read.");
  }
  return operation;
}

absl::StatusOr<std::vector<StoredOperation>> Select(
    SqlReader& reader, const std::string& rest,
    const std::vector<SqlValue>& params) {
  CRM_ASSIGN_OR_RETURN(
      SqlRows rows,
      reader.Query(absl::StrCat("SELECT ", kColumns, " FROM operation ", rest),
                   params));
  std::vector<StoredOperation> operations;
  for (SqlRow& row : rows) {
    CRM_ASSIGN_OR_RETURN(operations.emplace_back(), FromRow(row));
  }
  return operations;
}

absl::Status Taken(const StoredOperation& operation) {
  return Aborted(
      "OPERATION_TAKEN",
      absl::StrCat("Another worker has taken '", operation.name, "'."),
      {{"name", operation.name}});
}

}  // namespace

std::vector<SqlTable> OperationTables() {
  SqlTable operations;
  operations.name = "operation";
  operations.columns = {
      {"tenant", SqlType::kText, false, {}},
      {"name", SqlType::kText, false, {}},
      {"creator", SqlType::kText, false, {}},
      {"method", SqlType::kText, false, {}},
      {"done", SqlType::kInteger, false, {}},
      {"due_time", SqlType::kInteger, false, {}},
      {"epoch", SqlType::kInteger, false, {}},
      {"body", SqlType::kBlob, false, {}},
  };
  operations.primary_key = {"tenant", "name"};
  operations.clustered = true;
  operations.indexes = {
      {.name = "operation_due", .columns = {"done", "due_time"}},
      {.name = "operation_active", .columns = {"tenant", "done"}},
      {.name = "operation_creator", .columns = {"tenant", "creator", "name"}},
  };
  SqlTable output;
  output.name = "operation_output";
  output.columns = {
      {"tenant", SqlType::kText, false, {}},
      {"name", SqlType::kText, false, {}},
      {"part", SqlType::kInteger, false, {}},
      {"content", SqlType::kBlob, false, {}},
  };
  output.primary_key = {"tenant", "name", "part"};
  return {operations, output, ImportInputTable(), RowEffectTable()};
}

absl::Status InsertOperation(SqlWriter& writer,
                             const StoredOperation& operation) {
  return writer
      .Execute(
          "INSERT INTO operation (tenant, name, creator, method, done, "
          "due_time, epoch, body) VALUES (?, ?, ?, ?, 0, ?, 0, ?)",
          {operation.tenant, operation.name, operation.record.actor().subject(),
           operation.record.method(), Micros(operation.due_time),
           SqlBlob{operation.record.SerializeAsString()}})
      .status();
}

absl::StatusOr<std::optional<StoredOperation>> FindOperation(
    SqlReader& reader, absl::string_view tenant, absl::string_view name) {
  CRM_ASSIGN_OR_RETURN(std::vector<StoredOperation> found,
                       Select(reader, "WHERE tenant = ? AND name = ?",
                              {std::string(tenant), std::string(name)}));
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

absl::StatusOr<int64_t> CountActive(SqlReader& reader,
                                    absl::string_view tenant) {
  CRM_ASSIGN_OR_RETURN(const SqlRows rows,
                       reader.Query("SELECT COUNT(*) FROM operation WHERE "
                                    "tenant = ? AND done = 0",
                                    {std::string(tenant)}));
  return std::get<int64_t>(rows[0][0]);
}

absl::Status TakeOperation(SqlWriter& writer, StoredOperation& operation) {
  CRM_ASSIGN_OR_RETURN(
      const int64_t taken,
      writer.Execute("UPDATE operation SET epoch = epoch + 1 WHERE tenant = ? "
                     "AND name = ? AND epoch = ? AND done = 0",
                     {operation.tenant, operation.name, operation.epoch}));
  if (taken != 1) return Taken(operation);
  ++operation.epoch;
  return absl::OkStatus();
}

absl::Status SaveOperation(SqlWriter& writer,
                           const StoredOperation& operation) {
  CRM_ASSIGN_OR_RETURN(
      const int64_t saved,
      writer.Execute("UPDATE operation SET done = ?, due_time = ?, body = ? "
                     "WHERE tenant = ? AND name = ? AND epoch = ?",
                     {int64_t{operation.done}, Micros(operation.due_time),
                      SqlBlob{operation.record.SerializeAsString()},
                      operation.tenant, operation.name, operation.epoch}));
  return saved == 1 ? absl::OkStatus() : Taken(operation);
}

absl::Status RenewOperation(SqlWriter& writer, const StoredOperation& operation,
                            absl::Time due_time) {
  CRM_ASSIGN_OR_RETURN(
      const int64_t renewed,
      writer.Execute("UPDATE operation SET due_time = ? WHERE tenant = ? AND "
                     "name = ? AND epoch = ? AND done = 0",
                     {Micros(due_time), operation.tenant, operation.name,
                      operation.epoch}));
  return renewed == 1 ? absl::OkStatus() : Taken(operation);
}

absl::StatusOr<std::vector<StoredOperation>> DueOperations(
    SqlReader& reader, const std::vector<std::string>& methods,
    absl::Time now) {
  std::vector<SqlValue> params = {
      Micros(now), Micros(now + kLongestOperationWait + absl::Minutes(1))};
  for (const std::string& method : methods) params.push_back(method);
  params.push_back(int64_t{kCandidates});
  const std::vector<std::string> marks(methods.size(), "?");
  return Select(
      reader,
      absl::StrCat("WHERE done = 0 AND (due_time <= ? OR due_time > "
                   "?) AND method IN (",
                   absl::StrJoin(marks, ", "), ") ORDER BY due_time LIMIT ?"),
      params);
}

absl::StatusOr<std::vector<StoredOperation>> ListOperations(
    SqlReader& reader, absl::string_view tenant, absl::string_view creator,
    absl::string_view after, const SqlFragment& where, int limit) {
  std::string text = absl::StrCat("WHERE tenant = ? AND (", where.text, ")");
  std::vector<SqlValue> params = {std::string(tenant)};
  params.insert(params.end(), where.params.begin(), where.params.end());
  if (!creator.empty()) {
    absl::StrAppend(&text, " AND creator = ?");
    params.push_back(std::string(creator));
  }
  if (!after.empty()) {
    absl::StrAppend(&text, " AND name < ?");
    params.push_back(std::string(after));
  }
  params.push_back(int64_t{limit});
  return Select(reader, absl::StrCat(text, " ORDER BY name DESC LIMIT ?"),
                params);
}

absl::StatusOr<int64_t> ForgetOperations(SqlWriter& writer, absl::Time now,
                                         int64_t limit) {
  CRM_ASSIGN_OR_RETURN(
      const std::vector<StoredOperation> over,
      Select(writer,
             "WHERE done = 1 AND due_time <= ? ORDER BY due_time LIMIT ?",
             {Micros(now), limit}));
  for (const StoredOperation& operation : over) {
    for (const char* table : {"operation_output", "operation_input",
                              "operation_effect", "operation"}) {
      CRM_RETURN_IF_ERROR(
          writer
              .Execute(absl::StrCat("DELETE FROM ", table,
                                    " WHERE tenant = ? AND name = ?"),
                       {operation.tenant, operation.name})
              .status());
    }
  }
  return static_cast<int64_t>(over.size());
}

absl::Status AppendOutput(SqlWriter& writer, absl::string_view tenant,
                          absl::string_view name, int64_t part,
                          const std::string& content) {
  return writer
      .Execute(
          "INSERT INTO operation_output (tenant, name, part, content) VALUES "
          "(?, ?, ?, ?)",
          {std::string(tenant), std::string(name), part, SqlBlob{content}})
      .status();
}

absl::StatusOr<std::optional<std::string>> ReadOutput(SqlReader& reader,
                                                      absl::string_view tenant,
                                                      absl::string_view name,
                                                      int64_t part) {
  CRM_ASSIGN_OR_RETURN(
      SqlRows rows,
      reader.Query("SELECT content FROM operation_output WHERE tenant = ? AND "
                   "name = ? AND part = ?",
                   {std::string(tenant), std::string(name), part}));
  if (rows.empty()) return std::nullopt;
  return std::move(std::get<SqlBlob>(rows[0][0]).bytes);
}

google::longrunning::Operation ToOperation(const StoredOperation& operation,
                                           absl::string_view verb,
                                           absl::string_view target) {
  const internal::v1::OperationRecord& record = operation.record;
  platform::v1::OperationMetadata metadata;
  metadata.set_verb(std::string(verb));
  metadata.set_target(std::string(target));
  metadata.set_creator(record.actor().subject());
  *metadata.mutable_create_time() = record.create_time();
  if (record.has_start_time()) {
    *metadata.mutable_start_time() = record.start_time();
  }
  if (record.has_end_time()) *metadata.mutable_end_time() = record.end_time();
  metadata.set_done_count(record.done_count());
  metadata.set_total_count(record.total_count());
  if (record.total_count() > 0) {
    metadata.set_progress_percent(static_cast<int32_t>(
        std::clamp(100.0 * static_cast<double>(record.done_count()) /
                       static_cast<double>(record.total_count()),
                   0.0, 100.0)));
  }
  metadata.set_cancel_requested(record.cancel_requested());
  if (!operation.done) {
    metadata.set_failed_attempt_count(std::max(record.attempts() - 1, 0));
  } else {
    *metadata.mutable_expire_time() = ToTimestamp(operation.due_time);
  }
  google::longrunning::Operation out;
  out.set_name(operation.name);
  out.set_done(operation.done);
  out.mutable_metadata()->PackFrom(metadata);
  if (record.has_error()) *out.mutable_error() = record.error();
  if (!record.response_type().empty()) {
    out.mutable_response()->set_type_url(
        absl::StrCat("type.googleapis.com/", record.response_type()));
    out.mutable_response()->set_value(record.response());
  }
  return out;
}

}  // namespace crm

#include "shared/storage/duckdb/duck_database.h"

#include <utility>

#include "shared/base/status_macros.h"
#include "shared/storage/duckdb/duck_connection.h"
#include "shared/storage/duckdb/duck_file.h"
#include "shared/storage/statement_errors.h"

namespace crm {

absl::StatusOr<SqlRows> DuckWriter::Query(absl::string_view sql,
                                          const std::vector<SqlValue>& params) {
  return connection_.Query(sql, params);
}

absl::StatusOr<int64_t> DuckWriter::Execute(
    absl::string_view sql, const std::vector<SqlValue>& params) {
  return connection_.Execute(sql, params);
}

absl::Status DuckWriter::Append(absl::string_view table,
                                absl::Span<const SqlRow> rows) {
  return connection_.Append(table, rows);
}

absl::StatusOr<std::unique_ptr<DuckDatabase>> DuckDatabase::Open(
    const DuckOptions& options) {
  CRM_ASSIGN_OR_RETURN(std::unique_ptr<DuckFile> file, DuckFile::Open(options));
  auto database =
      std::unique_ptr<DuckDatabase>(new DuckDatabase(std::move(file)));
  CRM_ASSIGN_OR_RETURN(database->writer_,
                       DuckConnection::Open(database->file_->database()));
  return database;
}

DuckDatabase::DuckDatabase(std::unique_ptr<DuckFile> file)
    : file_(std::move(file)) {}

DuckDatabase::~DuckDatabase() {
  // What a failing checkpoint leaves in the log is replayed at the next start.
  if (writer_ != nullptr) Checkpoint().IgnoreError();
}

bool DuckDatabase::rebuilt() const { return file_->rebuilt(); }

absl::StatusOr<SqlRows> DuckDatabase::Query(
    absl::string_view sql, const std::vector<SqlValue>& params) {
  CRM_ASSIGN_OR_RETURN(std::unique_ptr<DuckConnection> reader, BorrowReader());
  absl::StatusOr<SqlRows> rows = reader->Query(sql, params);
  ReturnReader(std::move(reader));
  return rows;
}

absl::StatusOr<int64_t> DuckDatabase::Execute(
    absl::string_view sql, const std::vector<SqlValue>& params) {
  const std::lock_guard lock(writer_mutex_);
  return writer_->Execute(sql, params);
}

absl::Status DuckDatabase::Transaction(
    absl::FunctionRef<absl::Status(DuckWriter&)> body) {
  const std::lock_guard lock(writer_mutex_);
  CRM_RETURN_IF_ERROR(writer_->Execute("BEGIN TRANSACTION", {}).status());
  DuckWriter writer(*writer_);
  if (absl::Status status = body(writer); !status.ok()) {
    // A statement that failed may have ended the transaction already.
    writer_->Execute("ROLLBACK", {}).IgnoreError();
    return status;
  }
  const absl::Status committed = writer_->Execute("COMMIT", {}).status();
  if (committed.ok()) return committed;
  writer_->Execute("ROLLBACK", {}).IgnoreError();
  return CommitFailed(committed.message());
}

absl::Status DuckDatabase::Checkpoint() {
  const std::lock_guard lock(writer_mutex_);
  return writer_->Execute("CHECKPOINT", {}).status();
}

absl::StatusOr<std::unique_ptr<DuckConnection>> DuckDatabase::BorrowReader() {
  {
    const std::lock_guard lock(readers_mutex_);
    if (!idle_readers_.empty()) {
      std::unique_ptr<DuckConnection> reader = std::move(idle_readers_.back());
      idle_readers_.pop_back();
      return reader;
    }
  }
  return DuckConnection::Open(file_->database());
}

void DuckDatabase::ReturnReader(std::unique_ptr<DuckConnection> reader) {
  const std::lock_guard lock(readers_mutex_);
  idle_readers_.push_back(std::move(reader));
}

}  // namespace crm

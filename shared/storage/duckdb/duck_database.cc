#include "shared/storage/duckdb/duck_database.h"

#include <shared_mutex>
#include <string>
#include <utility>

#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/storage/duckdb/duck_connection.h"
#include "shared/storage/duckdb/duck_file.h"
#include "shared/storage/statement_errors.h"

namespace crm {
namespace {

constexpr char kUnusable[] = "STORAGE_UNUSABLE";

absl::Status Closed() {
  return Unavailable(kUnusable,
                     "The warehouse has failed and cannot be opened yet. Try "
                     "again.");
}

}  // namespace

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
      std::unique_ptr<DuckDatabase>(new DuckDatabase(options, std::move(file)));
  CRM_ASSIGN_OR_RETURN(database->writer_,
                       DuckConnection::Open(database->file_->database()));
  return database;
}

DuckDatabase::DuckDatabase(const DuckOptions& options,
                           std::unique_ptr<DuckFile> file)
    : options_(options), file_(std::move(file)) {}

DuckDatabase::~DuckDatabase() {
  // What a failing checkpoint leaves in the log is replayed at the next start.
  ExecuteOnce("CHECKPOINT", {}).IgnoreError();
}

bool DuckDatabase::rebuilt() const { return file_->rebuilt(); }

absl::StatusOr<SqlRows> DuckDatabase::Query(
    absl::string_view sql, const std::vector<SqlValue>& params) {
  absl::StatusOr<SqlRows> rows = QueryOnce(sql, params);
  if (ReviveAfter(rows.status())) return QueryOnce(sql, params);
  return rows;
}

absl::StatusOr<int64_t> DuckDatabase::Execute(
    absl::string_view sql, const std::vector<SqlValue>& params) {
  absl::StatusOr<int64_t> changed = ExecuteOnce(sql, params);
  ReviveAfter(changed.status());
  return changed;
}

absl::Status DuckDatabase::Transaction(
    absl::FunctionRef<absl::Status(DuckWriter&)> body) {
  absl::Status status = RunTransaction(body);
  ReviveAfter(status);
  return status;
}

absl::Status DuckDatabase::Checkpoint() {
  return Execute("CHECKPOINT", {}).status();
}

absl::StatusOr<SqlRows> DuckDatabase::QueryOnce(
    absl::string_view sql, const std::vector<SqlValue>& params) {
  const std::shared_lock file(file_mutex_);
  CRM_ASSIGN_OR_RETURN(std::unique_ptr<DuckConnection> reader, BorrowReader());
  absl::StatusOr<SqlRows> rows = reader->Query(sql, params);
  ReturnReader(std::move(reader));
  // It may have looked at what a commit leaves behind that fails meanwhile.
  const std::lock_guard commit(commit_mutex_);
  if (torn_) return Closed();
  return rows;
}

absl::StatusOr<int64_t> DuckDatabase::ExecuteOnce(
    absl::string_view sql, const std::vector<SqlValue>& params) {
  const std::shared_lock file(file_mutex_);
  const std::lock_guard lock(writer_mutex_);
  if (writer_ == nullptr) return Closed();
  // It is a transaction of its own.
  const std::lock_guard commit(commit_mutex_);
  absl::StatusOr<int64_t> changed = writer_->Execute(sql, params);
  if (ErrorReason(changed.status()) == "DISK_FULL") torn_ = true;
  return changed;
}

absl::Status DuckDatabase::RunTransaction(
    absl::FunctionRef<absl::Status(DuckWriter&)> body) {
  const std::shared_lock file(file_mutex_);
  const std::lock_guard lock(writer_mutex_);
  if (writer_ == nullptr) return Closed();
  CRM_RETURN_IF_ERROR(writer_->Execute("BEGIN TRANSACTION", {}).status());
  DuckWriter writer(*writer_);
  if (absl::Status status = body(writer); !status.ok()) {
    // A statement that failed may have ended the transaction already.
    writer_->Execute("ROLLBACK", {}).IgnoreError();
    return status;
  }
  const std::lock_guard commit(commit_mutex_);
  const absl::Status committed = writer_->Execute("COMMIT", {}).status();
  if (committed.ok()) return committed;
  torn_ = true;
  const std::string reason = ErrorReason(committed);
  return reason == "DISK_FULL" || reason == kUnusable
             ? committed
             : CommitFailed(committed.message());
}

bool DuckDatabase::ReviveAfter(const absl::Status& status) {
  if (status.ok()) return false;
  const std::unique_lock file(file_mutex_);
  if (!torn_) {
    if (ErrorReason(status) != kUnusable) return false;
    // Another call may have done it since.
    if (writer_ != nullptr && writer_->Query("SELECT 1", {}).ok()) return true;
  }
  writer_.reset();
  idle_readers_.clear();
  if (!file_->Reopen(options_).ok()) return false;
  absl::StatusOr<std::unique_ptr<DuckConnection>> writer =
      DuckConnection::Open(file_->database());
  if (!writer.ok()) return false;
  writer_ = *std::move(writer);
  torn_ = false;
  return true;
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
  if (file_->database() == nullptr) return Closed();
  return DuckConnection::Open(file_->database());
}

void DuckDatabase::ReturnReader(std::unique_ptr<DuckConnection> reader) {
  const std::lock_guard lock(readers_mutex_);
  idle_readers_.push_back(std::move(reader));
}

}  // namespace crm

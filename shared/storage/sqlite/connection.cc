#include "shared/storage/sqlite/connection.h"

#include <sqlite3.h>

#include <cerrno>
#include <utility>
#include <variant>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shared/base/status_macros.h"
#include "shared/storage/sqlite/sqlite_error.h"
#include "shared/storage/sqlite/text_index.h"
#include "shared/storage/statement_errors.h"

namespace crm {
namespace {

constexpr int kBusyTimeoutMs = 5000;
// How many instructions of SQLite's machine run between two looks at the
// interrupt; some tens of microseconds.
constexpr int kInterruptPeriod = 2000;
constexpr size_t kMaxCachedStatements = 256;
constexpr int64_t kWalKeptBytes = int64_t{64} << 20;

struct Binder {
  sqlite3_stmt* statement;
  int position;

  int operator()(std::monostate) const {
    return sqlite3_bind_null(statement, position);
  }
  int operator()(int64_t value) const {
    return sqlite3_bind_int64(statement, position, value);
  }
  int operator()(double value) const {
    return sqlite3_bind_double(statement, position, value);
  }
  // Values outlive the run of the statement, so SQLite need not copy them.
  int operator()(const std::string& value) const {
    return sqlite3_bind_text64(statement, position, value.data(), value.size(),
                               SQLITE_STATIC, SQLITE_UTF8);
  }
  int operator()(const SqlBlob& value) const {
    return sqlite3_bind_blob64(statement, position, value.bytes.data(),
                               value.bytes.size(), SQLITE_STATIC);
  }
};

// Returns the value of a column and adds its size to `bytes`.
SqlValue ReadColumn(sqlite3_stmt* statement, int column, size_t& bytes) {
  bytes += sizeof(SqlValue);
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
      return sqlite3_column_int64(statement, column);
    case SQLITE_FLOAT:
      return sqlite3_column_double(statement, column);
    case SQLITE_TEXT: {
      const auto* text =
          reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
      const auto size =
          static_cast<size_t>(sqlite3_column_bytes(statement, column));
      bytes += size;
      return std::string(text, size);
    }
    case SQLITE_BLOB: {
      const auto* data =
          static_cast<const char*>(sqlite3_column_blob(statement, column));
      const auto size =
          static_cast<size_t>(sqlite3_column_bytes(statement, column));
      bytes += size;
      // An empty blob has no address.
      return SqlBlob{size == 0 ? std::string() : std::string(data, size)};
    }
    default:
      return std::monostate();
  }
}

// Has SQLite not count what it allocates, which takes a lock each time. Without
// effect once something of SQLite was used in this process.
void CountNoMemory() {
  static const int kCode = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  static_cast<void>(kCode);
}

// Leaves a statement ready for its next run, without references to values.
void Finish(sqlite3_stmt* statement) {
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
}

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteConnection>> SqliteConnection::Open(
    const std::string& path, const SqliteMode& mode) {
  CountNoMemory();
  const int access = mode.writable ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                                   : SQLITE_OPEN_READONLY;
  sqlite3* database = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &database,
                      access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                      mode.vfs.empty() ? nullptr : mode.vfs.c_str());
  // A handle comes back, to be closed, even when opening failed.
  auto connection =
      std::unique_ptr<SqliteConnection>(new SqliteConnection(database));
  if (code != SQLITE_OK) return StorageUnusable(path, sqlite3_errstr(code));
  if (absl::Status status = connection->Configure(mode); !status.ok()) {
    return StorageUnusable(path, status.message());
  }
  return connection;
}

SqliteConnection::SqliteConnection(sqlite3* database)
    : database_(database),
      statements_(kMaxCachedStatements, [](sqlite3_stmt* statement) {
        sqlite3_finalize(statement);
      }) {}

SqliteConnection::~SqliteConnection() {
  statements_.Clear();
  sqlite3_close(database_);
}

absl::Status SqliteConnection::Configure(const SqliteMode& mode) {
  sqlite3_busy_timeout(database_, kBusyTimeoutMs);
  sqlite3_db_config(database_, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0,
                    nullptr);
  sqlite3_db_config(database_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(database_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  // A misspelt column in double quotes is an error, not a string.
  sqlite3_db_config(database_, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  sqlite3_db_config(database_, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  CRM_RETURN_IF_ERROR(SetPragma("foreign_keys=ON"));
  CRM_RETURN_IF_ERROR(SetPragma("cell_size_check=ON"));
  CRM_RETURN_IF_ERROR(SetPragma("temp_store=MEMORY"));
  CRM_RETURN_IF_ERROR(SetPragma("wal_autocheckpoint=0"));
  CRM_RETURN_IF_ERROR(SetPragma(absl::StrCat("mmap_size=", mode.mmap_bytes)));
  CRM_RETURN_IF_ERROR(
      SetPragma(absl::StrCat("cache_size=-", mode.cache_bytes / 1024)));
  if (mode.writable) {
    CRM_RETURN_IF_ERROR(SetPragma("journal_mode=WAL"));
    CRM_RETURN_IF_ERROR(SetPragma("synchronous=FULL"));
    CRM_RETURN_IF_ERROR(
        SetPragma(absl::StrCat("journal_size_limit=", kWalKeptBytes)));
    sqlite3_wal_hook(
        database_,
        [](void* self, sqlite3*, const char*, int pages) {
          static_cast<SqliteConnection*>(self)->wal_pages_ = pages;
          return SQLITE_OK;
        },
        this);
  } else {
    sqlite3_db_config(database_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  }
  CRM_ASSIGN_OR_RETURN(const SqlRows pages, Query("PRAGMA page_size", {}));
  page_bytes_ = std::get<int64_t>(pages.at(0).at(0));
  return absl::OkStatus();
}

absl::Status SqliteConnection::SetPragma(absl::string_view assignment) {
  return Query(absl::StrCat("PRAGMA ", assignment), {}).status();
}

absl::StatusOr<sqlite3_stmt*> SqliteConnection::Prepare(absl::string_view sql) {
  if (const auto cached = statements_.Find(sql)) return *cached;
  sqlite3_stmt* statement = nullptr;
  const char* rest = nullptr;
  const int code =
      sqlite3_prepare_v3(database_, sql.data(), static_cast<int>(sql.size()),
                         SQLITE_PREPARE_PERSISTENT, &statement, &rest);
  if (code != SQLITE_OK) return LastError();
  const absl::string_view unread =
      sql.substr(static_cast<size_t>(rest - sql.data()));
  if (statement == nullptr || !absl::StripAsciiWhitespace(unread).empty()) {
    sqlite3_finalize(statement);
    return StorageError("a text must hold exactly one statement");
  }
  statements_.Add(sql, statement);
  return statement;
}

absl::Status SqliteConnection::Bind(sqlite3_stmt* statement,
                                    const std::vector<SqlValue>& params) {
  const auto wanted =
      static_cast<size_t>(sqlite3_bind_parameter_count(statement));
  if (wanted != params.size()) {
    return StorageError(absl::StrCat("it has ", wanted, " parameters and got ",
                                     params.size(), " values"));
  }
  for (size_t i = 0; i < params.size(); ++i) {
    const int position = static_cast<int>(i) + 1;
    if (std::visit(Binder{statement, position}, params[i]) != SQLITE_OK) {
      return LastError();
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<sqlite3_stmt*> SqliteConnection::Start(
    absl::string_view sql, const std::vector<SqlValue>& params) {
  // Short statements may end before SQLite looks at the interrupt.
  if (expired_ && expired_()) return ReadInterrupted();
  CRM_ASSIGN_OR_RETURN(sqlite3_stmt * statement, Prepare(sql));
  if (absl::Status status = Bind(statement, params); !status.ok()) {
    Finish(statement);
    return status;
  }
  return statement;
}

absl::StatusOr<SqlRows> SqliteConnection::Query(
    absl::string_view sql, const std::vector<SqlValue>& params) {
  CRM_ASSIGN_OR_RETURN(sqlite3_stmt * statement, Start(sql, params));
  const absl::Cleanup finish = [statement] { Finish(statement); };
  const int columns = sqlite3_column_count(statement);
  const bool writes = sqlite3_stmt_readonly(statement) == 0;
  SqlRows rows;
  size_t bytes = 0;
  int code = SQLITE_OK;
  while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
    // All is written before the first row of RETURNING comes.
    has_written_ = has_written_ || writes;
    if (rows.size() == kMaxRows) return ResultTooLarge();
    SqlRow& row = rows.emplace_back();
    row.reserve(static_cast<size_t>(columns));
    for (int column = 0; column < columns; ++column) {
      row.push_back(ReadColumn(statement, column, bytes));
    }
    if (bytes > kMaxResultBytes) return ResultTooLarge();
  }
  if (code != SQLITE_DONE) return LastError();
  has_written_ = has_written_ || writes;
  return rows;
}

absl::StatusOr<int64_t> SqliteConnection::Execute(
    absl::string_view sql, const std::vector<SqlValue>& params) {
  const int64_t changes_before = sqlite3_total_changes64(database_);
  CRM_ASSIGN_OR_RETURN(sqlite3_stmt * statement, Start(sql, params));
  const absl::Cleanup finish = [statement] { Finish(statement); };
  int code = SQLITE_OK;
  do {
    code = sqlite3_step(statement);
  } while (code == SQLITE_ROW);
  if (code != SQLITE_DONE) return LastError();
  const int64_t changes = sqlite3_total_changes64(database_) - changes_before;
  // Other statements than these change what is no row.
  const bool changes_rows_only =
      absl::StartsWith(sql, "UPDATE ") || absl::StartsWith(sql, "DELETE ");
  has_written_ = has_written_ || changes > 0 ||
                 (!changes_rows_only && sqlite3_stmt_readonly(statement) == 0);
  return changes;
}

absl::StatusOr<SqlRows> SqliteConnection::SearchText(const TextQuery& query) {
  return SearchIndexedText(*this, query);
}

absl::Status SqliteConnection::PutText(const TextRow& row) {
  return PutIndexedText(*this, row);
}

absl::Status SqliteConnection::RemoveText(const SqlTable& table,
                                          const std::string& tenant,
                                          const std::string& name) {
  return RemoveIndexedText(*this, table, tenant, name);
}

void SqliteConnection::SetInterrupt(std::function<bool()> expired) {
  expired_ = std::move(expired);
  if (!expired_) {
    sqlite3_progress_handler(database_, 0, nullptr, nullptr);
    return;
  }
  sqlite3_progress_handler(
      database_, kInterruptPeriod,
      [](void* self) {
        return static_cast<SqliteConnection*>(self)->expired_() ? 1 : 0;
      },
      this);
}

bool SqliteConnection::InTransaction() const {
  return sqlite3_get_autocommit(database_) == 0;
}

absl::Status SqliteConnection::Checkpoint(CheckpointMode mode,
                                          absl::Duration patience) {
  const bool truncate = mode == CheckpointMode::kTruncate;
  sqlite3_busy_timeout(database_,
                       static_cast<int>(absl::ToInt64Milliseconds(patience)));
  const absl::Cleanup restore = [this] {
    sqlite3_busy_timeout(database_, kBusyTimeoutMs);
  };
  int log_pages = 0;
  int copied_pages = 0;
  const int code = sqlite3_wal_checkpoint_v2(
      database_, /*zDb=*/nullptr,
      truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE,
      &log_pages, &copied_pages);
  if (code != SQLITE_OK) return LastError();
  if (truncate) wal_pages_ = 0;
  return absl::OkStatus();
}

absl::Status SqliteConnection::LastError() const {
  // Where files other than the database cannot grow, SQLite reports an error of
  // input and output.
  const int code = sqlite3_errcode(database_) & 0xff;
  if ((code == SQLITE_IOERR || code == SQLITE_CANTOPEN) &&
      sqlite3_system_errno(database_) == ENOSPC) {
    return DiskFull();
  }
  return SqliteError(sqlite3_extended_errcode(database_),
                     sqlite3_errmsg(database_));
}

}  // namespace crm

// One SQLite connection: prepared statements by text, bound values, typed
// errors. The only code that speaks SQLite's C interface.

#ifndef CRM_SHARED_STORAGE_SQLITE_CONNECTION_H_
#define CRM_SHARED_STORAGE_SQLITE_CONNECTION_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shared/query/sql.h"
#include "shared/storage/database.h"
#include "shared/storage/statement_cache.h"

struct sqlite3;
struct sqlite3_stmt;

namespace crm {

// How a connection is opened; the pragmas follow from it.
struct SqliteMode {
  bool writable = false;
  // SQLite's name of the layer below it; empty takes its default.
  std::string vfs = {};
  int64_t cache_bytes = int64_t{2} << 20;
  int64_t mmap_bytes = 0;
};

enum class CheckpointMode {
  kPassive,   // copies what readers let it, without waiting
  kTruncate,  // waits for readers, copies all, and empties the log
};

// Used by one thread at a time, in any order. Thread-compatible.
class SqliteConnection final : public SqlWriter {
 public:
  // Returns UNAVAILABLE STORAGE_UNUSABLE, also for a file that is no database.
  static absl::StatusOr<std::unique_ptr<SqliteConnection>> Open(
      const std::string& path, const SqliteMode& mode);

  ~SqliteConnection() override;

  absl::StatusOr<SqlRows> Query(absl::string_view sql,
                                const std::vector<SqlValue>& params) override;
  absl::StatusOr<int64_t> Execute(absl::string_view sql,
                                  const std::vector<SqlValue>& params) override;
  absl::StatusOr<SqlRows> SearchText(const TextQuery& query) override;
  absl::Status PutText(const TextRow& row) override;
  absl::Status RemoveText(const SqlTable& table, const std::string& tenant,
                          const std::string& name) override;

  // Stops statements, with DEADLINE_EXCEEDED READ_INTERRUPTED, soon after
  // `expired` returns true; it is asked often. An empty one never does.
  void SetInterrupt(std::function<bool()> expired);

  // Whether a transaction is open; SQLite ends it by itself on grave errors.
  bool InTransaction() const;

  // Whether a statement has changed anything, or could have, since
  // ForgetWritten(). SQLite takes back by itself what one that failed has done.
  bool has_written() const { return has_written_; }
  void ForgetWritten() { has_written_ = false; }

  // The size of the write-ahead log as of this connection's last commit.
  int64_t wal_bytes() const { return wal_pages_ * page_bytes_; }

  // Copies the log into the database file, waiting for readers for at most
  // `patience`. Returns UNAVAILABLE STORAGE_BUSY when they took longer, and the
  // errors of a statement.
  absl::Status Checkpoint(CheckpointMode mode, absl::Duration patience);

 private:
  explicit SqliteConnection(sqlite3* database);

  absl::Status Configure(const SqliteMode& mode);
  absl::Status SetPragma(absl::string_view assignment);
  absl::StatusOr<sqlite3_stmt*> Prepare(absl::string_view sql);
  absl::Status Bind(sqlite3_stmt* statement,
                    const std::vector<SqlValue>& params);
  absl::StatusOr<sqlite3_stmt*> Start(absl::string_view sql,
                                      const std::vector<SqlValue>& params);
  absl::Status LastError() const;

  sqlite3* database_;
  std::function<bool()> expired_;
  int64_t page_bytes_ = 4096;
  int64_t wal_pages_ = 0;
  bool has_written_ = false;
  StatementCache<sqlite3_stmt*> statements_;
};

}  // namespace crm

#endif  // CRM_SHARED_STORAGE_SQLITE_CONNECTION_H_

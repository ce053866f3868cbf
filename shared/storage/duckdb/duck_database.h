// The warehouse: one DuckDB file for analytical queries, filled from events.
//
// The file is a projection and may be lost: a file that cannot be opened, or
// that killed the process while it was being opened, is moved aside and an
// empty one takes its place; `rebuilt()` then tells the caller to fill it anew
// from the feed. DuckDB reaches neither the network nor other files.
//
// DuckDB gives a file up when it cannot write a checkpoint, on a full disk for
// instance, and after a commit that failed its memory is no picture of the file
// any more. The file is then opened again, with all that was committed: at once
// if that is possible, else by the first call when it is. A call that meets
// this comes to UNAVAILABLE STORAGE_UNUSABLE, but for reads once it is open
// again.
//
// Values map as in shared/query/sql.h. In results, BOOLEAN, ENUM-less integers
// up to 64 bits and instants are int64 (TIMESTAMP, TIMESTAMPTZ and
// INTERVAL-free TIME in microseconds, DATE in days since 1970); FLOAT and
// DOUBLE are double; BLOB is SqlBlob; everything else is text, so that DECIMAL
// and HUGEINT, which SUM over BIGINT gives, stay exact.

#ifndef CRM_SHARED_STORAGE_DUCKDB_DUCK_DATABASE_H_
#define CRM_SHARED_STORAGE_DUCKDB_DUCK_DATABASE_H_

#include <cstdint>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "shared/storage/database.h"

namespace crm {

class DuckConnection;
class DuckFile;

struct DuckOptions {
  // The database file; its folder exists and is this file's own. Files with the
  // same beginning (`.wal`, `.lock`, `.opening`, `.aside`) stand beside it.
  std::string path;
  // What DuckDB's buffers may take; the process needs some 150 MiB more.
  int64_t memory_limit_bytes = int64_t{512} << 20;
  int threads = 2;
};

// One transaction of a DuckDatabase. Thread-compatible.
class DuckWriter final : public SqlWriter {
 public:
  // Writes through `connection`, which outlives it.
  explicit DuckWriter(DuckConnection& connection) : connection_(connection) {}

  absl::StatusOr<SqlRows> Query(absl::string_view sql,
                                const std::vector<SqlValue>& params) override;
  absl::StatusOr<int64_t> Execute(absl::string_view sql,
                                  const std::vector<SqlValue>& params) override;

  // Appends `rows`, whose values stand in the order of the table's columns;
  // far quicker than INSERT. Returns INVALID_ARGUMENT BAD_APPEND when a row
  // does not fit the table, and the errors of a statement.
  absl::Status Append(absl::string_view table, absl::Span<const SqlRow> rows);

 private:
  DuckConnection& connection_;
};

// An open DuckDB file. Reads run side by side; writes one after another.
// Thread-safe.
class DuckDatabase final {
 public:
  // Opens, or creates, the file.
  //
  // Returns FAILED_PRECONDITION DATABASE_LOCKED when it is open elsewhere, and
  // UNAVAILABLE STORAGE_UNUSABLE when not even a new file can be opened.
  static absl::StatusOr<std::unique_ptr<DuckDatabase>> Open(
      const DuckOptions& options);

  // Writes everything into the file, so that there is no log to replay, and
  // closes it. No other call is running.
  ~DuckDatabase();

  // Whether an unusable file was moved aside, so that what it held is missing.
  bool rebuilt() const;

  // Returns the rows of a SELECT over the state of now. Errors of a statement.
  absl::StatusOr<SqlRows> Query(absl::string_view sql,
                                const std::vector<SqlValue>& params = {});

  // Runs one statement in its own transaction and returns how many rows it
  // changed. Errors of a statement.
  absl::StatusOr<int64_t> Execute(absl::string_view sql,
                                  const std::vector<SqlValue>& params = {});

  // Runs `body` in a transaction, which is committed when it returns OK and
  // rolled back otherwise. Returns its error, RESOURCE_EXHAUSTED DISK_FULL, or
  // UNAVAILABLE COMMIT_FAILED.
  // `body` uses only the writer that it is given.
  absl::Status Transaction(absl::FunctionRef<absl::Status(DuckWriter&)> body);

  // Writes everything into the file. Errors of a statement.
  absl::Status Checkpoint();

 private:
  DuckDatabase(const DuckOptions& options, std::unique_ptr<DuckFile> file);

  absl::StatusOr<SqlRows> QueryOnce(absl::string_view sql,
                                    const std::vector<SqlValue>& params);
  absl::Status RunTransaction(
      absl::FunctionRef<absl::Status(DuckWriter&)> body);
  absl::StatusOr<int64_t> ExecuteOnce(absl::string_view sql,
                                      const std::vector<SqlValue>& params);

  // Opens the file again if `status` says that DuckDB has given it up, or if a
  // commit has failed. Returns whether it did and the file is open. Called
  // without any lock.
  bool ReviveAfter(const absl::Status& status);

  absl::StatusOr<std::unique_ptr<DuckConnection>> BorrowReader();
  void ReturnReader(std::unique_ptr<DuckConnection> reader);

  const DuckOptions options_;
  // Held by calls together, and alone by who opens the file again. Taken before
  // the others.
  std::shared_mutex file_mutex_;
  const std::unique_ptr<DuckFile> file_;

  std::mutex writer_mutex_;
  // Null while the file is closed.
  std::unique_ptr<DuckConnection> writer_;

  // Held during a commit, and taken last.
  std::mutex commit_mutex_;
  // Whether one has failed since the file was opened.
  bool torn_ = false;

  std::mutex readers_mutex_;
  std::vector<std::unique_ptr<DuckConnection>> idle_readers_;
};

}  // namespace crm

#endif  // CRM_SHARED_STORAGE_DUCKDB_DUCK_DATABASE_H_

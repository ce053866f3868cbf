// The durable record of a service: snapshots to read, and writes that are
// acknowledged only once they are on disk.
//
// A statement is written in the SQL subset that all engines share, with `?` for
// each parameter. Values are always parameters, never part of the text: engines
// keep prepared statements by their text.
//
// Errors of statements, whatever the engine:
//   ALREADY_EXISTS UNIQUE_VIOLATION      metadata `table` and `columns`
//   FAILED_PRECONDITION CONSTRAINT_VIOLATION  any other constraint
//   RESOURCE_EXHAUSTED RESULT_TOO_LARGE  beyond kMaxRows or kMaxResultBytes
//   RESOURCE_EXHAUSTED DISK_FULL         the disk took no more
//   DEADLINE_EXCEEDED READ_INTERRUPTED   the snapshot outlived its limit
//   DEADLINE_EXCEEDED STATEMENT_TIMEOUT  a statement outlived the deadline
//   UNAVAILABLE STORAGE_BUSY             another transaction is in the way
//   UNAVAILABLE STORAGE_UNREACHABLE      the server of the store is away
//   ABORTED TRANSACTION_CONFLICT         others changed the same rows, and went
//                                        on doing so however often it was tried
//   INTERNAL STORAGE_ERROR               anything else, such as wrong SQL

#ifndef CRM_SHARED_STORAGE_DATABASE_H_
#define CRM_SHARED_STORAGE_DATABASE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shared/query/sql.h"
#include "shared/storage/schema.h"
#include "shared/storage/text_query.h"

namespace crm {

// The bounds of one query's result.
inline constexpr size_t kMaxRows = 100'000;
inline constexpr size_t kMaxResultBytes = size_t{256} << 20;

// One value a column, in the order of the SELECT list.
using SqlRow = std::vector<SqlValue>;
using SqlRows = std::vector<SqlRow>;

// Reads within one transaction: every query sees the same state.
// Thread-compatible.
class SqlReader {
 public:
  virtual ~SqlReader() = default;

  // Returns the rows of a SELECT, or of a statement with RETURNING when the
  // reader is a writer. Errors as listed above.
  virtual absl::StatusOr<SqlRows> Query(
      absl::string_view sql, const std::vector<SqlValue>& params) = 0;

  // Returns position and name of the rows that `query` asks for, the greatest
  // position first. An engine without text indexes looks through the tenant's
  // rows. Errors as Query.
  virtual absl::StatusOr<SqlRows> SearchText(const TextQuery& query);

  // Query() of what a body begins with and its neighbours ask as well. Where
  // several bodies share a transaction, the answer may be the one that was read
  // for all of them before they ran; so whoever changes it says so by
  // ForgetShared().
  virtual absl::StatusOr<SqlRows> QueryShared(const SqlFragment& query) {
    return Query(query.text, query.params);
  }
};

// Reads and writes within one transaction; queries see its own writes.
// Thread-compatible.
class SqlWriter : public SqlReader {
 public:
  // Runs a statement and returns how many rows it inserted, changed or deleted.
  // Errors as listed above.
  virtual absl::StatusOr<int64_t> Execute(
      absl::string_view sql, const std::vector<SqlValue>& params) = 0;

  // Execute() for a statement that succeeds or else ends the body, so that
  // nobody looks at what it answers. It may be sent later, together with what
  // follows: then a failure is that of a later call, or of the body as a whole.
  virtual absl::Status Post(absl::string_view sql,
                            const std::vector<SqlValue>& params) {
    return Execute(sql, params).status();
  }

  // Post() for a statement whose failure the body can explain: either it fails
  // here, or the body is run again so that it does.
  virtual absl::Status Attempt(absl::string_view sql,
                               const std::vector<SqlValue>& params) {
    return Execute(sql, params).status();
  }

  // What is done with an answer. It only posts.
  using Then = std::function<absl::Status(SqlWriter&, const SqlRows&)>;

  // Query() whose answer is needed last: `then` is called with it before the
  // commit, at the latest after the body has returned OK, and its error is the
  // body's. It is not called if the body fails, and what it uses outlives the
  // body. The query asks nothing that a Then writes: it may come before those
  // of other bodies.
  virtual absl::Status QueryLater(absl::string_view sql,
                                  const std::vector<SqlValue>& params,
                                  Then then);

  // Says that this body changes what QueryShared() returns for `query`, or that
  // its Then will. Called before the change is posted.
  virtual void ForgetShared(const SqlFragment& /*query*/) {}

  // Stores the row of a table with a text index, in place of one with its key,
  // whose position it then keeps. Rows of such tables are written by this and
  // RemoveText() alone, or the index would not know. Errors as Post.
  virtual absl::Status PutText(const TextRow& row);

  // Removes the row with this key, if there is one. Errors as Post.
  virtual absl::Status RemoveText(const SqlTable& table,
                                  const std::string& tenant,
                                  const std::string& name);
};

// What has happened since the database was opened.
struct DatabaseStats {
  int64_t writes = 0;   // bodies that became durable
  int64_t commits = 0;  // transactions that made them durable
  int64_t failed_commits = 0;
  int64_t expired_writes = 0;  // dropped because their deadline had passed
  int64_t refused_writes = 0;  // overload, low disk, closed
  int64_t checkpoints = 0;
  int64_t conflicts = 0;  // transactions run again because of others
  int64_t waits = 0;      // for a server, until those commits
};

// A store with snapshot reads and queued, grouped writes. Thread-safe.
class Database {
 public:
  using ReadBody = absl::FunctionRef<absl::Status(SqlReader&)>;
  using WriteBody = std::function<absl::Status(SqlWriter&)>;
  using WriteDone = std::function<void(absl::Status)>;

  // Closes.
  virtual ~Database() = default;

  // Runs `body` on the calling thread over a consistent snapshot that holds
  // every write acknowledged before the call, and returns what it returns.
  //
  // Returns DEADLINE_EXCEEDED READERS_BUSY when no reader is free in time, and
  // UNAVAILABLE STORAGE_CLOSED after Close().
  virtual absl::Status Read(absl::Time deadline, ReadBody body) = 0;

  // Queues `body` to run inside a transaction, and calls `done` once: with OK
  // after the commit is durable, or with the error because of which nothing of
  // this body is stored. `body` may run more than once, so it keeps no result
  // of an earlier run; it must not wait for this database. After a statement of
  // it failed it returns an error: an OK becomes that statement's error, and
  // further statements may fail.
  //
  // Bodies appear to run one after the other, those of this process in the
  // order queued but for those that are run again: who needs one write after
  // another waits for the first one's `done`.
  //
  // `done` is called on a writer's thread, where it must be quick, or, when
  // the write is refused at once, on the caller's. Besides the body's own
  // errors it gets DEADLINE_EXCEEDED WRITE_EXPIRED when the deadline passed
  // before the body ran, UNAVAILABLE OVERLOADED (queue full), COMMIT_FAILED or
  // STORAGE_CLOSED, and RESOURCE_EXHAUSTED DISK_LOW or DISK_FULL. One error
  // leaves open whether the body is stored: UNAVAILABLE COMMIT_UNKNOWN, when a
  // connection broke during the commit.
  virtual void Write(absl::Time deadline, WriteBody body, WriteDone done) = 0;

  // Write() of a body that will ask these by QueryShared(), if it asks at all:
  // an engine far from its data reads them for all bodies of a transaction at
  // once.
  virtual void WriteReading(std::vector<SqlFragment> /*reads*/,
                            absl::Time deadline, WriteBody body,
                            WriteDone done) {
    Write(deadline, std::move(body), std::move(done));
  }

  // Write() that waits for `done` and returns its status. Never called from a
  // body, a `done` or the commit listener: it would wait for itself.
  absl::Status WriteAndWait(absl::Time deadline, WriteBody body);

  // Makes the store fit `schema`: creates what is missing and says which
  // columns were added to tables that existed. Repeating it changes nothing.
  // `then`, unless it is empty, runs in the same transaction after it; its
  // error is the migration's.
  //
  // Migrations and contractions of all processes come one after the other.
  //
  // Returns INVALID_ARGUMENT SCHEMA_INVALID for a schema that contradicts
  // itself, FAILED_PRECONDITION SCHEMA_TOO_NEW when the store belongs to a
  // newer program, FAILED_PRECONDITION SCHEMA_CONFLICT, naming the column, when
  // a change needs more than adding, and the errors of a write.
  virtual absl::StatusOr<MigrationResult> Migrate(const SqlSchema& schema,
                                                  const WriteBody& then) = 0;
  absl::StatusOr<MigrationResult> Migrate(const SqlSchema& schema) {
    return Migrate(schema, nullptr);
  }

  // Takes one step from a store that programs older than `schema.version` can
  // share to one that they cannot: gives tables their key in place of a former
  // one, and removes what is retired. `schema` was migrated to. Returns whether
  // there is more to do; a step that was cut off is taken again.
  //
  // `check`, unless it is empty, runs first in the transaction of the step,
  // which its error ends. It sees to it that no older program runs: one that
  // migrates later is refused, and one that said so in its migration is seen.
  //
  // Returns the errors of a write, and that of `check`.
  virtual absl::StatusOr<bool> Contract(const SqlSchema& /*schema*/,
                                        const WriteBody& /*check*/) {
    return false;
  }
  absl::StatusOr<bool> Contract(const SqlSchema& schema) {
    return Contract(schema, nullptr);
  }

  // Returns OK when a write would be accepted now, else the error that it would
  // get. Cheap; for readiness.
  virtual absl::Status CheckWritable() = 0;

  // Returns for how long the writer has not advanced although there is work;
  // zero when it is idle. Cheap; for liveness.
  virtual absl::Duration WriterStall() const = 0;

  virtual DatabaseStats Stats() const = 0;

  // Returns SQL for the time of the transaction by the store's own clock, in
  // microseconds since the epoch, for a store that several machines share.
  // Empty for one that a single process has to itself, on this machine.
  virtual absl::string_view TimeSql() const { return {}; }

  // Has `listener` called on a writer's thread after each durable commit of
  // this process, before that commit's `done`s. It must be quick. An empty one
  // removes it.
  // The listener that was set before runs no more once this returns; it must
  // not call this itself.
  virtual void SetCommitListener(std::function<void()> listener) = 0;

  // Refuses new work, finishes what is queued, interrupts readers, and closes
  // the store. Repeating it does nothing. Returns the error of closing cleanly;
  // acknowledged writes are safe either way.
  virtual absl::Status Close() = 0;
};

}  // namespace crm

#endif  // CRM_SHARED_STORAGE_DATABASE_H_

// The one thread that writes to a SQLite file, and the one that checkpoints it.
//
// It takes what has arrived, runs the bodies in one transaction, commits once,
// and then acknowledges all. A savepoint for each body would cost as much as
// the body: at each, SQLite's text index writes down what it has gathered. So
// there is none until a body fails after it has written: then the transaction
// is taken back and all bodies run again, each in a savepoint, and so do those
// of the next groups. A body that fails so takes back only what is its own; a
// commit that fails fails the whole group, after which the connection is opened
// anew. When the disk is full the ballast is given up, the log is copied, and
// writes are refused until there is room for the ballast.

#ifndef CRM_SHARED_STORAGE_SQLITE_GROUP_WRITER_H_
#define CRM_SHARED_STORAGE_SQLITE_GROUP_WRITER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shared/base/clock.h"
#include "shared/storage/database.h"
#include "shared/storage/sqlite/ballast.h"
#include "shared/storage/sqlite/connection.h"
#include "shared/storage/sqlite/sqlite_database.h"
#include "shared/storage/write_queue.h"

namespace crm {

// Thread-safe, but for Close().
class GroupWriter final {
 public:
  // Opens the read-write connection and starts the thread. Returns UNAVAILABLE
  // STORAGE_UNUSABLE. `clock` outlives the writer.
  static absl::StatusOr<std::unique_ptr<GroupWriter>> Open(
      const SqliteOptions& options, const Clock& clock);

  // Drains and closes.
  ~GroupWriter();

  // Members of Database of the same names.
  void Write(absl::Time deadline, Database::WriteBody body,
             Database::WriteDone done);
  absl::Status CheckWritable() const;
  absl::Duration Stall() const { return queue_.Stall(); }
  DatabaseStats Stats() const;
  void SetCommitListener(std::function<void()> listener);

  // Grows with each commit, after it and before it is acknowledged.
  const std::atomic<int64_t>& version() const { return version_; }

  // Has `listener` called with true before each checkpoint, and with false
  // after it. Set before the first write.
  void SetCheckpointListener(std::function<void(bool begins)> listener) {
    checkpoint_listener_ = std::move(listener);
  }

  // Refuses further writes and returns when those that wait are done.
  void Drain();

  // After Drain(), with all readers closed: empties the log and closes the
  // connection. Returns the error of a statement.
  absl::Status Close();

 private:
  using Group = std::vector<PendingWrite>;

  GroupWriter(const SqliteOptions& options, const Clock& clock)
      : options_(options),
        clock_(clock),
        ballast_(options),
        queue_(options.max_queued_writes, clock) {}

  absl::Status OpenConnection();
  void Run();
  void RunGroup(Group group);
  void RefuseExpired(const Group& group, std::vector<absl::Status>& outcomes);
  absl::Status CommitGroup(const Group& group,
                           std::vector<absl::Status>& outcomes);
  absl::Status RunBodies(const Group& group,
                         std::vector<absl::Status>& outcomes);
  // Runs the bodies in the open transaction. Returns false, having stopped, if
  // one that is in no savepoint has failed and left something behind.
  absl::StatusOr<bool> TryBodies(const Group& group, bool in_savepoints,
                                 std::vector<absl::Status>& outcomes);
  absl::Status Commit();
  absl::Status RunBody(const PendingWrite& write);
  absl::Status RunInSavepoint(const PendingWrite& write);
  void AbandonTransaction();
  void NotifyListener();
  void CheckpointIfDue();
  absl::Status Checkpoint(CheckpointMode mode, absl::Duration patience);
  absl::Status EnsureSpace();
  void FreeSpace();

  const SqliteOptions options_;
  const Clock& clock_;
  Ballast ballast_;
  WriteQueue queue_;
  std::thread thread_;

  // Used by the thread alone while it runs. Null after a failed commit.
  std::unique_ptr<SqliteConnection> connection_;
  // How many more groups run in savepoints.
  int careful_groups_ = 0;
  // The log's size at which a truncation is tried next.
  int64_t next_truncate_bytes_ = 0;

  std::function<void(bool begins)> checkpoint_listener_;
  std::atomic<int64_t> version_ = 0;

  std::mutex listener_mutex_;
  std::function<void()> listener_;

  std::atomic<int64_t> writes_ = 0;
  std::atomic<int64_t> commits_ = 0;
  std::atomic<int64_t> failed_commits_ = 0;
  std::atomic<int64_t> expired_writes_ = 0;
  std::atomic<int64_t> refused_writes_ = 0;
  std::atomic<int64_t> checkpoints_ = 0;
};

}  // namespace crm

#endif  // CRM_SHARED_STORAGE_SQLITE_GROUP_WRITER_H_

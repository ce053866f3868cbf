// The thread that writes, and its connection.
//
// It takes what has arrived and commits it in one transaction. If that
// conflicts with another process, all run again. If a statement fails in a way
// that may be another body's doing, or the conflicts go on, the bodies are run
// one by one, so that one of them does not fail the rest. Processes that were
// in each other's way take turns for a while.
//
// One thread, because transactions of one process that run side by side would
// mostly be in each other's way: SERIALIZABLE watches pages and whole small
// tables, and the rows of a service lie together.

#ifndef CRM_SHARED_STORAGE_POSTGRES_GROUP_WRITER_H_
#define CRM_SHARED_STORAGE_POSTGRES_GROUP_WRITER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/random/random.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "shared/base/clock.h"
#include "shared/storage/database.h"
#include "shared/storage/postgres/connection.h"
#include "shared/storage/postgres/connection_source.h"
#include "shared/storage/postgres/postgres_database.h"
#include "shared/storage/postgres/write_transaction.h"
#include "shared/storage/postgres/write_turn.h"
#include "shared/storage/write_queue.h"

namespace crm {

// Thread-safe.
class PostgresGroupWriter final {
 public:
  // Starts the thread. All outlive the writer; `synchronous_commit` is what
  // each transaction pins.
  PostgresGroupWriter(ConnectionSource& source, const Clock& clock,
                      const PostgresOptions& options,
                      std::string synchronous_commit);

  // Drains.
  ~PostgresGroupWriter() { Drain(); }

  // Members of Database of the same names.
  void Write(std::vector<SqlFragment> reads, absl::Time deadline,
             Database::WriteBody body, Database::WriteDone done);
  absl::Status CheckWritable() const;
  absl::Duration Stall() const { return queue_.Stall(); }
  DatabaseStats Stats() const;
  void SetCommitListener(std::function<void()> listener);

  // Refuses further writes and returns when those that wait are done.
  void Drain();

 private:
  using Group = std::vector<PendingWrite>;

  void Run();
  void RunGroup(Group group);
  // Runs the writes in one transaction, acknowledges those that it settles and
  // removes them from the group. Returns how the others are to be run: kAgain,
  // kAgainWaiting, or kAgainAlone.
  WriteEnd RunTogether(Group& group, WriteMode mode);
  // Runs what the transaction of a group holds, to the first body after which
  // it cannot go on.
  WriteEnd RunBodies(const Group& group, WriteTransaction& transaction,
                     std::vector<WriteOutcome>& outcomes);
  // Runs one write, again if need be, and acknowledges it.
  void RunAlone(PendingWrite write, int runs_before);
  WriteOutcome TryAlone(const PendingWrite& write);
  absl::Status EnsureConnection();
  TransactionLimits LimitsUntil(absl::Time deadline, bool shared) const;
  // Waits before the next run of what others were in the way of.
  void AfterConflict(int runs, absl::Time deadline);
  void Pause(int runs, absl::Time deadline);
  bool RefuseExpired(PendingWrite& write);
  void Committed(int64_t writes);

  ConnectionSource& source_;
  const Clock& clock_;
  const PostgresOptions options_;
  const std::string synchronous_commit_;
  WriteQueue queue_;

  // Used by the thread alone.
  std::unique_ptr<PostgresConnection> connection_;
  WriteTurn turn_;
  absl::BitGen random_;

  std::mutex listener_mutex_;
  std::function<void()> listener_;

  std::atomic<int64_t> writes_ = 0;
  std::atomic<int64_t> commits_ = 0;
  std::atomic<int64_t> failed_commits_ = 0;
  std::atomic<int64_t> expired_writes_ = 0;
  std::atomic<int64_t> refused_writes_ = 0;
  std::atomic<int64_t> conflicts_ = 0;
  std::atomic<int64_t> waits_ = 0;

  std::thread thread_;
};

}  // namespace crm

#endif  // CRM_SHARED_STORAGE_POSTGRES_GROUP_WRITER_H_

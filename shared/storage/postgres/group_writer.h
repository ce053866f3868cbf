// The threads that write, each with a connection of its own.
//
// A thread takes what has arrived and commits it in one transaction. If that
// conflicts with others, or a statement of it fails in a way that may be
// another body's doing, the bodies are run again one by one, so that one of
// them does not fail the rest. While transactions of this process are in each
// other's way fewer threads write.

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
#include "shared/storage/write_queue.h"

namespace crm {

// Thread-safe.
class PostgresGroupWriter final {
 public:
  // Starts the threads. All outlive the writer; `synchronous_commit` is what
  // each transaction pins.
  PostgresGroupWriter(ConnectionSource& source, const Clock& clock,
                      const PostgresOptions& options,
                      std::string synchronous_commit);

  // Drains.
  ~PostgresGroupWriter() { Drain(); }

  // Database::Write() and, with a sequence, WriteInSequence().
  void Write(const void* sequence, absl::Time deadline,
             Database::WriteBody body, Database::WriteDone done);

  // Members of Database of the same names.
  absl::Status CheckWritable() const;
  absl::Duration Stall() const { return queue_.Stall(); }
  DatabaseStats Stats() const;
  void SetCommitListener(std::function<void()> listener);

  // Refuses further writes and returns when those that wait are done.
  void Drain();

 private:
  // What one thread uses.
  struct Lane {
    std::unique_ptr<PostgresConnection> connection;
    absl::BitGen random;
  };
  using Group = std::vector<PendingWrite>;

  void Run(size_t taker);
  void RunGroup(Lane& lane, Group group);
  // Runs the writes in one transaction and acknowledges those that it settles.
  // Returns those that are to be run one by one.
  Group RunTogether(Lane& lane, Group group);
  // Runs one write, again if need be, and acknowledges it.
  void RunAlone(Lane& lane, PendingWrite write, int runs_before);
  WriteOutcome TryAlone(Lane& lane, const PendingWrite& write);
  absl::Status EnsureConnection(Lane& lane);
  TransactionLimits LimitsUntil(absl::Time deadline, bool shared) const;
  void Pause(Lane& lane, int runs, absl::Time deadline) const;
  bool RefuseExpired(PendingWrite& write);
  void Committed(int64_t writes);
  // Adapts how many threads write at once.
  void NoteConflict();
  void NoteCommit();

  ConnectionSource& source_;
  const Clock& clock_;
  const PostgresOptions options_;
  const std::string synchronous_commit_;
  WriteQueue queue_;

  std::mutex parallel_mutex_;
  size_t parallel_;
  int commits_since_conflict_ = 0;

  std::mutex listener_mutex_;
  std::function<void()> listener_;

  std::atomic<int64_t> writes_ = 0;
  std::atomic<int64_t> commits_ = 0;
  std::atomic<int64_t> failed_commits_ = 0;
  std::atomic<int64_t> expired_writes_ = 0;
  std::atomic<int64_t> refused_writes_ = 0;
  std::atomic<int64_t> conflicts_ = 0;

  std::vector<std::thread> threads_;
};

}  // namespace crm

#endif  // CRM_SHARED_STORAGE_POSTGRES_GROUP_WRITER_H_

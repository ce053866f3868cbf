#include "shared/storage/postgres/group_writer.h"

#include <algorithm>
#include <utility>

#include "shared/base/status_macros.h"
#include "shared/storage/postgres/session.h"
#include "shared/storage/statement_errors.h"

namespace crm {
namespace {

// How long another transaction's lock is waited for. A group gives up sooner:
// it holds locks itself, and its bodies may get through one by one.
constexpr absl::Duration kLockWait = absl::Seconds(1);
constexpr absl::Duration kGroupLockWait = absl::Milliseconds(200);

// The longest wait before a body's second run; it doubles with each run.
constexpr absl::Duration kFirstPause = absl::Milliseconds(5);

// After so many commits without a conflict one more thread may write.
constexpr int kCommitsToWiden = 32;

}  // namespace

PostgresGroupWriter::PostgresGroupWriter(ConnectionSource& source,
                                         const Clock& clock,
                                         const PostgresOptions& options,
                                         std::string synchronous_commit)
    : source_(source),
      clock_(clock),
      options_(options),
      synchronous_commit_(std::move(synchronous_commit)),
      queue_(options.max_queued_writes, clock,
             std::max<size_t>(options.writers, 1)),
      parallel_(std::max<size_t>(options.writers, 1)) {
  for (size_t taker = 0; taker < parallel_; ++taker) {
    threads_.emplace_back([this, taker] { Run(taker); });
  }
}

void PostgresGroupWriter::Write(const void* sequence, absl::Time deadline,
                                Database::WriteBody body,
                                Database::WriteDone done) {
  PendingWrite write = {deadline, std::move(body), std::move(done), sequence};
  if (absl::Status status = queue_.Push(std::move(write)); !status.ok()) {
    ++refused_writes_;
    write.done(std::move(status));
  }
}

absl::Status PostgresGroupWriter::CheckWritable() const {
  if (queue_.closed()) return StorageClosed();
  return source_.Check();
}

DatabaseStats PostgresGroupWriter::Stats() const {
  return {.writes = writes_,
          .commits = commits_,
          .failed_commits = failed_commits_,
          .expired_writes = expired_writes_,
          .refused_writes = refused_writes_,
          .conflicts = conflicts_};
}

void PostgresGroupWriter::SetCommitListener(std::function<void()> listener) {
  const std::lock_guard lock(listener_mutex_);
  listener_ = std::move(listener);
}

void PostgresGroupWriter::Drain() {
  queue_.Close();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void PostgresGroupWriter::Run(size_t taker) {
  Lane lane;
  while (true) {
    Group group = queue_.TakeGroup(options_.max_group_size, taker);
    if (group.empty()) return;
    RunGroup(lane, std::move(group));
  }
}

void PostgresGroupWriter::RunGroup(Lane& lane, Group group) {
  std::erase_if(group,
                [this](PendingWrite& write) { return RefuseExpired(write); });
  int runs_before = 0;
  if (group.size() > 1) {
    group = RunTogether(lane, std::move(group));
    runs_before = 1;
  }
  for (PendingWrite& write : group) {
    RunAlone(lane, std::move(write), runs_before);
  }
}

bool PostgresGroupWriter::RefuseExpired(PendingWrite& write) {
  if (write.deadline > clock_.Now()) return false;
  ++expired_writes_;
  write.done(WriteExpired());
  return true;
}

PostgresGroupWriter::Group PostgresGroupWriter::RunTogether(Lane& lane,
                                                            Group group) {
  // Without a connection each one is refused for itself.
  if (!EnsureConnection(lane).ok()) return group;
  absl::Time deadline = absl::InfiniteFuture();
  for (const PendingWrite& write : group) {
    deadline = std::min(deadline, write.deadline);
  }
  WriteTransaction transaction(*lane.connection, LimitsUntil(deadline, true),
                               /*shared=*/true);
  std::vector<WriteOutcome> outcomes;
  for (const PendingWrite& write : group) {
    outcomes.push_back(transaction.Run(write.body));
    const WriteEnd end = outcomes.back().end;
    if (end == WriteEnd::kAgain || end == WriteEnd::kLost) {
      if (end == WriteEnd::kAgain) NoteConflict();
      transaction.Rollback();
      return group;
    }
  }
  const int64_t good = std::count_if(
      outcomes.begin(), outcomes.end(), [](const WriteOutcome& outcome) {
        return outcome.end == WriteEnd::kDone && outcome.status.ok();
      });
  WriteOutcome committed;
  if (good > 0) {
    committed = transaction.Commit();
  }
  if (good == 0 || committed.end != WriteEnd::kDone) transaction.Rollback();
  if (committed.end == WriteEnd::kAgain) {
    NoteConflict();
    return group;
  }
  if (committed.end == WriteEnd::kUnknown) {
    ++failed_commits_;
  } else if (good > 0) {
    Committed(good);
  }
  Group alone;
  for (size_t i = 0; i < group.size(); ++i) {
    if (outcomes[i].end == WriteEnd::kAgainAlone) {
      alone.push_back(std::move(group[i]));
    } else {
      outcomes[i].status.Update(committed.status);
      group[i].done(std::move(outcomes[i].status));
    }
  }
  return alone;
}

void PostgresGroupWriter::RunAlone(Lane& lane, PendingWrite write,
                                   int runs_before) {
  WriteOutcome outcome;
  for (int runs = runs_before; runs < options_.max_runs; ++runs) {
    if (runs > 0) Pause(lane, runs, write.deadline);
    if (RefuseExpired(write)) return;
    if (absl::Status status = EnsureConnection(lane); !status.ok()) {
      ++refused_writes_;
      write.done(std::move(status));
      return;
    }
    outcome = TryAlone(lane, write);
    if (outcome.end == WriteEnd::kAgain) NoteConflict();
    if (outcome.end != WriteEnd::kAgain && outcome.end != WriteEnd::kLost) {
      break;
    }
  }
  if (outcome.end != WriteEnd::kDone) ++failed_commits_;
  if (outcome.status.ok()) Committed(1);
  write.done(std::move(outcome.status));
}

WriteOutcome PostgresGroupWriter::TryAlone(Lane& lane,
                                           const PendingWrite& write) {
  WriteTransaction transaction(*lane.connection,
                               LimitsUntil(write.deadline, false),
                               /*shared=*/false);
  WriteOutcome outcome = transaction.Run(write.body);
  if (outcome.end == WriteEnd::kDone && outcome.status.ok()) {
    outcome = transaction.Commit();
    if (outcome.end == WriteEnd::kDone && outcome.status.ok()) return outcome;
  }
  transaction.Rollback();
  return outcome;
}

absl::Status PostgresGroupWriter::EnsureConnection(Lane& lane) {
  if (lane.connection != nullptr && lane.connection->Alive()) {
    return absl::OkStatus();
  }
  lane.connection.reset();
  CRM_ASSIGN_OR_RETURN(lane.connection, source_.Connect());
  return absl::OkStatus();
}

TransactionLimits PostgresGroupWriter::LimitsUntil(absl::Time deadline,
                                                   bool shared) const {
  const absl::Duration left = deadline - clock_.Now();
  return {.statement = left,
          .lock = std::min(left, shared ? kGroupLockWait : kLockWait),
          .synchronous_commit = synchronous_commit_};
}

void PostgresGroupWriter::Pause(Lane& lane, int runs,
                                absl::Time deadline) const {
  const absl::Duration longest =
      std::min(kFirstPause * (1 << std::min(runs - 1, 6)),
               std::max(deadline - clock_.Now(), absl::ZeroDuration()));
  std::this_thread::sleep_for(absl::ToChronoMicroseconds(
      longest * absl::Uniform(lane.random, 0.0, 1.0)));
}

void PostgresGroupWriter::Committed(int64_t writes) {
  writes_ += writes;
  ++commits_;
  NoteCommit();
  const std::lock_guard lock(listener_mutex_);
  if (listener_) listener_();
}

void PostgresGroupWriter::NoteConflict() {
  ++conflicts_;
  const std::lock_guard lock(parallel_mutex_);
  commits_since_conflict_ = 0;
  if (parallel_ == 1) return;
  parallel_ /= 2;
  queue_.SetParallel(parallel_);
}

void PostgresGroupWriter::NoteCommit() {
  const std::lock_guard lock(parallel_mutex_);
  if (parallel_ >= threads_.size()) return;
  if (++commits_since_conflict_ < kCommitsToWiden) return;
  commits_since_conflict_ = 0;
  queue_.SetParallel(++parallel_);
}

}  // namespace crm

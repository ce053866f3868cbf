#include "shared/storage/postgres/group_writer.h"

#include <algorithm>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "shared/base/status_macros.h"
#include "shared/storage/postgres/session.h"
#include "shared/storage/statement_errors.h"

namespace crm {
namespace {

// How long another transaction's lock is waited for. A group gives up sooner:
// it holds locks itself.
constexpr absl::Duration kLockWait = absl::Seconds(1);
constexpr absl::Duration kGroupLockWait = absl::Milliseconds(200);

// The longest wait before a body's second run; it doubles with each run.
constexpr absl::Duration kFirstPause = absl::Milliseconds(5);

// After so many runs a group that others conflict with is run one by one.
constexpr int kRunsTogether = 3;

}  // namespace

PostgresGroupWriter::PostgresGroupWriter(ConnectionSource& source,
                                         const Clock& clock,
                                         const PostgresOptions& options,
                                         std::string synchronous_commit)
    : source_(source),
      clock_(clock),
      options_(options),
      synchronous_commit_(std::move(synchronous_commit)),
      queue_(options.max_queued_writes, clock),
      turn_(source),
      thread_([this] { Run(); }) {}

void PostgresGroupWriter::Write(std::vector<SqlFragment> reads,
                                absl::Time deadline, Database::WriteBody body,
                                Database::WriteDone done) {
  PendingWrite write = {deadline, std::move(body), std::move(done),
                        std::move(reads)};
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
          .conflicts = conflicts_,
          .waits = waits_};
}

void PostgresGroupWriter::SetCommitListener(std::function<void()> listener) {
  const std::lock_guard lock(listener_mutex_);
  listener_ = std::move(listener);
}

void PostgresGroupWriter::Drain() {
  queue_.Close();
  if (thread_.joinable()) thread_.join();
}

void PostgresGroupWriter::Run() {
  while (true) {
    Group group = queue_.TakeGroup(options_.max_group_size);
    if (group.empty()) return;
    RunGroup(std::move(group));
  }
}

void PostgresGroupWriter::RunGroup(Group group) {
  const auto expired = [this](PendingWrite& write) {
    return RefuseExpired(write);
  };
  turn_.Take();
  const absl::Cleanup give_back = [this] { turn_.GiveBack(); };
  std::erase_if(group, expired);
  int runs = 0;
  WriteMode mode = WriteMode::kFast;
  while (group.size() > 1 && runs < kRunsTogether) {
    const WriteEnd end = RunTogether(group, mode);
    if (end == WriteEnd::kAgainWaiting && mode == WriteMode::kFast) {
      // No other transaction was in the way.
      mode = WriteMode::kWaiting;
      continue;
    }
    if (end != WriteEnd::kAgain) break;
    ++runs;
    AfterConflict(runs, absl::InfiniteFuture());
    std::erase_if(group, expired);
  }
  for (PendingWrite& write : group) RunAlone(std::move(write), runs);
}

bool PostgresGroupWriter::RefuseExpired(PendingWrite& write) {
  if (write.deadline > clock_.Now()) return false;
  ++expired_writes_;
  write.done(WriteExpired());
  return true;
}

WriteEnd PostgresGroupWriter::RunTogether(Group& group, WriteMode mode) {
  // Without a connection each one is refused for itself.
  if (!EnsureConnection().ok()) return WriteEnd::kAgainAlone;
  absl::Time deadline = absl::InfiniteFuture();
  for (const PendingWrite& write : group) {
    deadline = std::min(deadline, write.deadline);
  }
  WriteTransaction transaction(*connection_, LimitsUntil(deadline, true), mode);
  std::vector<WriteOutcome> outcomes;
  WriteEnd end = RunBodies(group, transaction, outcomes);
  const auto good = std::count_if(
      outcomes.begin(), outcomes.end(), [](const WriteOutcome& outcome) {
        return outcome.end == WriteEnd::kDone && outcome.status.ok();
      });
  absl::Status commit_status;
  if (end == WriteEnd::kDone && good > 0) {
    WriteOutcome committed = transaction.Commit();
    end = committed.end;
    commit_status = std::move(committed.status);
  } else if (end == WriteEnd::kDone && mode == WriteMode::kFast) {
    // What bodies validated without storing it may fail as well.
    end = transaction.Confirm().end;
  }
  if (end != WriteEnd::kDone || good == 0) transaction.Rollback();
  if (end == WriteEnd::kAgain) ++conflicts_;
  if (end == WriteEnd::kLost) end = WriteEnd::kAgain;
  if (end == WriteEnd::kSplit) end = WriteEnd::kAgainAlone;
  if (end != WriteEnd::kDone && end != WriteEnd::kUnknown) return end;
  if (end == WriteEnd::kUnknown) {
    ++failed_commits_;
  } else if (good > 0) {
    Committed(good);
  }
  Group alone;
  for (size_t i = 0; i < group.size(); ++i) {
    if (outcomes[i].end == WriteEnd::kAgainAlone) {
      alone.push_back(std::move(group[i]));
    } else {
      outcomes[i].status.Update(commit_status);
      group[i].done(std::move(outcomes[i].status));
    }
  }
  group = std::move(alone);
  return WriteEnd::kAgainAlone;
}

WriteEnd PostgresGroupWriter::RunBodies(const Group& group,
                                        WriteTransaction& transaction,
                                        std::vector<WriteOutcome>& outcomes) {
  std::vector<const SqlFragment*> reads;
  for (const PendingWrite& write : group) {
    for (const SqlFragment& read : write.reads) reads.push_back(&read);
  }
  const WriteOutcome read = transaction.ReadAhead(reads);
  if (read.end != WriteEnd::kDone) return read.end;
  for (const PendingWrite& write : group) {
    outcomes.push_back(transaction.Run(write.body));
    const WriteEnd end = outcomes.back().end;
    if (end != WriteEnd::kDone && end != WriteEnd::kAgainAlone) return end;
  }
  return WriteEnd::kDone;
}

void PostgresGroupWriter::RunAlone(PendingWrite write, int runs_before) {
  WriteOutcome outcome;
  for (int runs = runs_before + 1;; ++runs) {
    if (RefuseExpired(write)) return;
    if (absl::Status status = EnsureConnection(); !status.ok()) {
      ++refused_writes_;
      write.done(std::move(status));
      return;
    }
    outcome = TryAlone(write);
    if (outcome.end == WriteEnd::kAgain) ++conflicts_;
    if (outcome.end != WriteEnd::kAgain && outcome.end != WriteEnd::kLost) {
      break;
    }
    if (runs >= options_.max_runs) break;
    AfterConflict(runs, write.deadline);
  }
  if (outcome.end != WriteEnd::kDone) ++failed_commits_;
  if (outcome.status.ok()) Committed(1);
  write.done(std::move(outcome.status));
}

WriteOutcome PostgresGroupWriter::TryAlone(const PendingWrite& write) {
  WriteTransaction transaction(*connection_, LimitsUntil(write.deadline, false),
                               WriteMode::kAlone);
  std::vector<const SqlFragment*> reads;
  for (const SqlFragment& read : write.reads) reads.push_back(&read);
  WriteOutcome outcome = transaction.ReadAhead(reads);
  if (outcome.end == WriteEnd::kDone && outcome.status.ok()) {
    outcome = transaction.Run(write.body);
  }
  if (outcome.end == WriteEnd::kDone && outcome.status.ok()) {
    outcome = transaction.Commit();
    if (outcome.end == WriteEnd::kDone && outcome.status.ok()) return outcome;
  }
  transaction.Rollback();
  return outcome;
}

absl::Status PostgresGroupWriter::EnsureConnection() {
  if (connection_ != nullptr && connection_->Alive()) return absl::OkStatus();
  connection_.reset();
  CRM_ASSIGN_OR_RETURN(connection_, source_.Connect());
  return absl::OkStatus();
}

TransactionLimits PostgresGroupWriter::LimitsUntil(absl::Time deadline,
                                                   bool shared) const {
  const absl::Duration left = deadline - clock_.Now();
  return {.statement = left,
          .lock = std::min(left, shared ? kGroupLockWait : kLockWait),
          .synchronous_commit = synchronous_commit_};
}

void PostgresGroupWriter::AfterConflict(int runs, absl::Time deadline) {
  Pause(runs, deadline);
  turn_.Conflicted();
  turn_.Take();
}

void PostgresGroupWriter::Pause(int runs, absl::Time deadline) {
  const absl::Duration longest =
      std::min(kFirstPause * (1 << std::min(runs - 1, 6)),
               std::max(deadline - clock_.Now(), absl::ZeroDuration()));
  std::this_thread::sleep_for(
      absl::ToChronoMicroseconds(longest * absl::Uniform(random_, 0.0, 1.0)));
}

void PostgresGroupWriter::Committed(int64_t writes) {
  writes_ += writes;
  ++commits_;
  waits_ += connection_->TakeWaits();
  const std::lock_guard lock(listener_mutex_);
  if (listener_) listener_();
}

}  // namespace crm

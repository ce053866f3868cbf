#include "shared/storage/postgres/group_writer.h"

#include <algorithm>
#include <utility>

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
      thread_([this] { Run(); }) {}

void PostgresGroupWriter::Write(absl::Time deadline, Database::WriteBody body,
                                Database::WriteDone done) {
  PendingWrite write = {deadline, std::move(body), std::move(done)};
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
  std::erase_if(group, expired);
  int runs = 0;
  while (group.size() > 1 && runs < kRunsTogether) {
    ++runs;
    if (!RunTogether(group)) break;
    Pause(runs, absl::InfiniteFuture());
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

bool PostgresGroupWriter::RunTogether(Group& group) {
  // Without a connection each one is refused for itself.
  if (!EnsureConnection().ok()) return false;
  absl::Time deadline = absl::InfiniteFuture();
  for (const PendingWrite& write : group) {
    deadline = std::min(deadline, write.deadline);
  }
  WriteTransaction transaction(*connection_, LimitsUntil(deadline, true),
                               /*shared=*/true);
  std::vector<WriteOutcome> outcomes;
  int64_t good = 0;
  WriteEnd end = WriteEnd::kDone;
  for (const PendingWrite& write : group) {
    outcomes.push_back(transaction.Run(write.body));
    end = outcomes.back().end;
    if (end != WriteEnd::kDone && end != WriteEnd::kAgainAlone) break;
    if (end == WriteEnd::kDone && outcomes.back().status.ok()) ++good;
    end = WriteEnd::kDone;
  }
  absl::Status commit_status;
  if (end == WriteEnd::kDone && good > 0) {
    WriteOutcome committed = transaction.Commit();
    end = committed.end;
    commit_status = std::move(committed.status);
  }
  if (end != WriteEnd::kDone || good == 0) transaction.Rollback();
  if (end == WriteEnd::kAgain) ++conflicts_;
  if (end == WriteEnd::kAgain || end == WriteEnd::kLost) return true;
  if (end == WriteEnd::kSplit) return false;
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
  return false;
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
    Pause(runs, write.deadline);
  }
  if (outcome.end != WriteEnd::kDone) ++failed_commits_;
  if (outcome.status.ok()) Committed(1);
  write.done(std::move(outcome.status));
}

WriteOutcome PostgresGroupWriter::TryAlone(const PendingWrite& write) {
  WriteTransaction transaction(*connection_, LimitsUntil(write.deadline, false),
                               /*shared=*/false);
  WriteOutcome outcome = transaction.Run(write.body);
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
  const std::lock_guard lock(listener_mutex_);
  if (listener_) listener_();
}

}  // namespace crm

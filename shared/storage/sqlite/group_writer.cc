#include "shared/storage/sqlite/group_writer.h"

#include <algorithm>
#include <string>
#include <utility>

#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/storage/statement_errors.h"

namespace crm {
namespace {

// How many groups run in savepoints after one that needed them, so that bodies
// that fail do not double the work of the others; and how many after one in
// which bodies still failed. A savepoint costs a fifth of what a body does.
constexpr int kCarefulGroups = 4;
constexpr int kMostCarefulGroups = 64;

// What a body writes through: it remembers the first statement that failed, so
// that a body cannot commit what is left of its work.
class BodyWriter final : public SqlWriter {
 public:
  explicit BodyWriter(SqliteConnection& connection) : connection_(connection) {}

  absl::StatusOr<SqlRows> Query(absl::string_view sql,
                                const std::vector<SqlValue>& params) override {
    return Remember(connection_.Query(sql, params));
  }
  absl::StatusOr<int64_t> Execute(
      absl::string_view sql, const std::vector<SqlValue>& params) override {
    return Remember(connection_.Execute(sql, params));
  }

  absl::StatusOr<SqlRows> SearchText(const TextQuery& query) override {
    return Remember(connection_.SearchText(query));
  }
  absl::Status PutText(const TextRow& row) override {
    return Remember(connection_.PutText(row));
  }
  absl::Status RemoveText(const SqlTable& table, const std::string& tenant,
                          const std::string& name) override {
    return Remember(connection_.RemoveText(table, tenant, name));
  }

  const absl::Status& first_failure() const { return first_failure_; }

 private:
  template <typename T>
  absl::StatusOr<T> Remember(absl::StatusOr<T> result) {
    first_failure_.Update(result.status());
    return result;
  }
  absl::Status Remember(absl::Status result) {
    first_failure_.Update(result);
    return result;
  }

  SqliteConnection& connection_;
  absl::Status first_failure_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<GroupWriter>> GroupWriter::Open(
    const SqliteOptions& options, const Clock& clock) {
  auto writer = std::unique_ptr<GroupWriter>(new GroupWriter(options, clock));
  CRM_RETURN_IF_ERROR(writer->OpenConnection());
  writer->next_truncate_bytes_ = options.truncate_bytes;
  // Without room for it the store still opens, for reading.
  writer->ballast_.Take().IgnoreError();
  writer->thread_ = std::thread([raw = writer.get()] { raw->Run(); });
  return writer;
}

GroupWriter::~GroupWriter() { Drain(); }

absl::Status GroupWriter::OpenConnection() {
  CRM_ASSIGN_OR_RETURN(
      connection_,
      SqliteConnection::Open(options_.path,
                             {.writable = true,
                              .vfs = options_.vfs,
                              .cache_bytes = options_.writer_cache_bytes}));
  return absl::OkStatus();
}

void GroupWriter::Write(absl::Time deadline, Database::WriteBody body,
                        Database::WriteDone done) {
  PendingWrite write = {deadline, std::move(body), std::move(done)};
  if (absl::Status status = queue_.Push(std::move(write)); !status.ok()) {
    ++refused_writes_;
    write.done(std::move(status));
  }
}

absl::Status GroupWriter::CheckWritable() const {
  if (queue_.closed()) return StorageClosed();
  return ballast_.CheckRoom();
}

DatabaseStats GroupWriter::Stats() const {
  return {.writes = writes_,
          .commits = commits_,
          .failed_commits = failed_commits_,
          .expired_writes = expired_writes_,
          .refused_writes = refused_writes_,
          .checkpoints = checkpoints_};
}

void GroupWriter::SetCommitListener(std::function<void()> listener) {
  const std::lock_guard lock(listener_mutex_);
  listener_ = std::move(listener);
}

void GroupWriter::Drain() {
  queue_.Close();
  if (thread_.joinable()) thread_.join();
}

absl::Status GroupWriter::Close() {
  if (connection_ == nullptr) return absl::OkStatus();
  absl::Status status =
      Checkpoint(CheckpointMode::kTruncate, options_.read_limit);
  if (ErrorReason(status) == "DISK_FULL") {
    ballast_.Release();
    status = Checkpoint(CheckpointMode::kTruncate, options_.read_limit);
  }
  connection_.reset();
  return status;
}

void GroupWriter::Run() {
  while (true) {
    Group group = queue_.TakeGroup(options_.max_group_size);
    if (group.empty()) return;
    RunGroup(std::move(group));
    CheckpointIfDue();
  }
}

void GroupWriter::RunGroup(Group group) {
  std::vector<absl::Status> outcomes(group.size());
  RefuseExpired(group, outcomes);
  const absl::Status committed = CommitGroup(group, outcomes);
  for (absl::Status& outcome : outcomes) outcome.Update(committed);
  // Also after a failure, of which nobody knows what it left.
  version_.fetch_add(1, std::memory_order_release);

  const auto durable =
      std::count_if(outcomes.begin(), outcomes.end(),
                    [](const absl::Status& outcome) { return outcome.ok(); });
  if (durable > 0) {
    writes_ += durable;
    ++commits_;
    NotifyListener();
  }
  const bool is_full = std::any_of(
      outcomes.begin(), outcomes.end(),
      [](const auto& outcome) { return ErrorReason(outcome) == "DISK_FULL"; });
  for (size_t i = 0; i < group.size(); ++i) {
    group[i].done(std::move(outcomes[i]));
  }
  if (is_full) FreeSpace();
}

void GroupWriter::RefuseExpired(const Group& group,
                                std::vector<absl::Status>& outcomes) {
  const absl::Time now = clock_.Now();
  for (size_t i = 0; i < group.size(); ++i) {
    if (group[i].deadline > now) continue;
    outcomes[i] = WriteExpired();
    ++expired_writes_;
  }
}

absl::Status GroupWriter::CommitGroup(const Group& group,
                                      std::vector<absl::Status>& outcomes) {
  const auto runnable =
      std::count_if(outcomes.begin(), outcomes.end(),
                    [](const absl::Status& outcome) { return outcome.ok(); });
  if (runnable == 0) return absl::OkStatus();
  if (absl::Status space = EnsureSpace(); !space.ok()) {
    refused_writes_ += runnable;
    return space;
  }
  if (connection_ == nullptr) CRM_RETURN_IF_ERROR(OpenConnection());
  CRM_RETURN_IF_ERROR(connection_->Execute("BEGIN IMMEDIATE", {}).status());
  absl::Status status = RunBodies(group, outcomes);
  if (!status.ok()) AbandonTransaction();
  return status;
}

absl::Status GroupWriter::RunBodies(const Group& group,
                                    std::vector<absl::Status>& outcomes) {
  const std::vector<absl::Status> before = outcomes;
  const bool careful = careful_groups_ > 0;
  CRM_ASSIGN_OR_RETURN(bool whole, TryBodies(group, careful, outcomes));
  if (careful) --careful_groups_;
  if (!whole) {
    outcomes = before;
    CRM_RETURN_IF_ERROR(connection_->Execute("ROLLBACK", {}).status());
    CRM_RETURN_IF_ERROR(connection_->Execute("BEGIN IMMEDIATE", {}).status());
    CRM_RETURN_IF_ERROR(
        TryBodies(group, /*in_savepoints=*/true, outcomes).status());
    careful_groups_ = kCarefulGroups;
  }
  const bool any_succeeded =
      std::any_of(outcomes.begin(), outcomes.end(),
                  [](const absl::Status& outcome) { return outcome.ok(); });
  if (!any_succeeded) return connection_->Execute("ROLLBACK", {}).status();
  return Commit();
}

absl::StatusOr<bool> GroupWriter::TryBodies(
    const Group& group, bool in_savepoints,
    std::vector<absl::Status>& outcomes) {
  // A group of one needs no savepoint: the transaction itself is taken back.
  const bool alone = group.size() == 1;
  for (size_t i = 0; i < group.size(); ++i) {
    if (!outcomes[i].ok()) continue;
    const bool in_savepoint = in_savepoints && !alone;
    outcomes[i] = in_savepoint ? RunInSavepoint(group[i]) : RunBody(group[i]);
    if (!connection_->InTransaction()) {
      ++failed_commits_;
      return outcomes[i].code() == absl::StatusCode::kResourceExhausted
                 ? DiskFull()
                 : CommitFailed("the engine gave up the transaction");
    }
    if (outcomes[i].ok() || alone || !connection_->has_written()) continue;
    if (!in_savepoint) return false;
    if (careful_groups_ > 0) careful_groups_ = kMostCarefulGroups;
  }
  return true;
}

absl::Status GroupWriter::Commit() {
  const absl::Status status = connection_->Execute("COMMIT", {}).status();
  if (status.ok()) return status;
  ++failed_commits_;
  return ErrorReason(status) == "DISK_FULL" ? status
                                            : CommitFailed(status.message());
}

absl::Status GroupWriter::RunBody(const PendingWrite& write) {
  connection_->ForgetWritten();
  BodyWriter writer(*connection_);
  const absl::Status status = write.body(writer);
  return status.ok() ? writer.first_failure() : status;
}

absl::Status GroupWriter::RunInSavepoint(const PendingWrite& write) {
  CRM_RETURN_IF_ERROR(connection_->Execute("SAVEPOINT body", {}).status());
  absl::Status status = RunBody(write);
  if (!status.ok() && connection_->InTransaction()) {
    status.Update(connection_->Execute("ROLLBACK TO body", {}).status());
  }
  if (connection_->InTransaction()) {
    status.Update(connection_->Execute("RELEASE body", {}).status());
  }
  return status;
}

void GroupWriter::AbandonTransaction() {
  // Closing takes back what is open, and leaves doubtful state behind.
  connection_.reset();
}

absl::Status GroupWriter::EnsureSpace() {
  CRM_RETURN_IF_ERROR(ballast_.CheckRoom());
  return ballast_.Take();
}

void GroupWriter::FreeSpace() {
  ballast_.Release();
  if (connection_ == nullptr && !OpenConnection().ok()) return;
  // Readers may hinder it; the next close or checkpoint tries again.
  Checkpoint(CheckpointMode::kTruncate, options_.read_limit).IgnoreError();
}

void GroupWriter::NotifyListener() {
  const std::lock_guard lock(listener_mutex_);
  if (listener_) listener_();
}

void GroupWriter::CheckpointIfDue() {
  if (connection_ == nullptr) return;
  const int64_t log_bytes = connection_->wal_bytes();
  if (log_bytes <= options_.checkpoint_bytes) {
    next_truncate_bytes_ = options_.truncate_bytes;
    return;
  }
  ++checkpoints_;
  // Success and failure look alike from here: the log is copied, or the next
  // commit finds it as large as before and comes here again. A truncation makes
  // writes wait for readers, so after a failed one the log may grow a good deal
  // before the next.
  if (log_bytes > next_truncate_bytes_) {
    const absl::Status truncated =
        Checkpoint(CheckpointMode::kTruncate, options_.read_limit);
    if (!truncated.ok()) {
      next_truncate_bytes_ = log_bytes + options_.truncate_bytes;
    }
    return;
  }
  Checkpoint(CheckpointMode::kPassive, absl::ZeroDuration()).IgnoreError();
}

absl::Status GroupWriter::Checkpoint(CheckpointMode mode,
                                     absl::Duration patience) {
  if (checkpoint_listener_) checkpoint_listener_(true);
  absl::Status status = connection_->Checkpoint(mode, patience);
  if (checkpoint_listener_) checkpoint_listener_(false);
  return status;
}

}  // namespace crm

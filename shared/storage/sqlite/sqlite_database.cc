#include "shared/storage/sqlite/sqlite_database.h"

#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/status_macros.h"
#include "shared/storage/file_lock.h"
#include "shared/storage/sqlite/disk.h"
#include "shared/storage/sqlite/group_writer.h"
#include "shared/storage/sqlite/reader_pool.h"
#include "shared/storage/sqlite/snapshot.h"
#include "shared/storage/sqlite/sqlite_contraction.h"
#include "shared/storage/sqlite/sqlite_migration.h"
#include "shared/storage/statement_errors.h"

namespace crm {
namespace {

class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(const SqliteOptions& options, std::unique_ptr<FileLock> lock,
                 std::unique_ptr<GroupWriter> writer,
                 std::unique_ptr<ReaderPool> readers)
      : options_(options),
        lock_(std::move(lock)),
        writer_(std::move(writer)),
        readers_(std::move(readers)) {
    writer_->SetCheckpointListener(
        [this](bool begins) { readers_->KeepSnapshots(!begins); });
  }

  ~SqliteDatabase() override { Close().IgnoreError(); }

  absl::Status Read(absl::Time deadline, ReadBody body) override {
    return readers_->Read(deadline, body);
  }

  void Write(absl::Time deadline, WriteBody body, WriteDone done) override {
    writer_->Write(deadline, std::move(body), std::move(done));
  }

  absl::StatusOr<MigrationResult> Migrate(const SqlSchema& schema,
                                          const WriteBody& then) override {
    CRM_RETURN_IF_ERROR(ValidateSchema(schema));
    CRM_RETURN_IF_ERROR(SnapshotBefore(schema));
    MigrationResult result;
    CRM_RETURN_IF_ERROR(WriteAndWait(
        absl::InfiniteFuture(), [&](SqlWriter& writer) -> absl::Status {
          CRM_ASSIGN_OR_RETURN(result, MigrateSqlite(writer, schema));
          return then ? then(writer) : absl::OkStatus();
        }));
    return result;
  }

  absl::StatusOr<bool> Contract(const SqlSchema& schema,
                                const WriteBody& check) override {
    CRM_RETURN_IF_ERROR(ValidateSchema(schema));
    bool copies = false;
    CRM_RETURN_IF_ERROR(readers_->Read(
        absl::InfiniteFuture(), [&](SqlReader& reader) -> absl::Status {
          CRM_ASSIGN_OR_RETURN(copies, ContractionCopies(reader, schema));
          return absl::OkStatus();
        }));
    if (copies) {
      CRM_RETURN_IF_ERROR(
          SnapshotOnce(absl::StrCat(schema.version, "-contracted")));
    }
    bool more = false;
    CRM_RETURN_IF_ERROR(WriteAndWait(
        absl::InfiniteFuture(), [&](SqlWriter& writer) -> absl::Status {
          if (check) CRM_RETURN_IF_ERROR(check(writer));
          CRM_ASSIGN_OR_RETURN(more, ContractSqlite(writer, schema));
          return absl::OkStatus();
        }));
    return more;
  }

  absl::Status CheckWritable() override { return writer_->CheckWritable(); }

  absl::Duration WriterStall() const override { return writer_->Stall(); }

  DatabaseStats Stats() const override { return writer_->Stats(); }

  void SetCommitListener(std::function<void()> listener) override {
    writer_->SetCommitListener(std::move(listener));
  }

  absl::Status Close() override {
    const std::lock_guard guard(close_mutex_);
    if (lock_ == nullptr) return absl::OkStatus();
    writer_->Drain();
    // The log can only be emptied once no reader looks into it.
    readers_->Close();
    const absl::Status status = writer_->Close();
    lock_.reset();
    return status;
  }

 private:
  // Keeps what a migration to `schema` would change.
  absl::Status SnapshotBefore(const SqlSchema& schema) {
    if (options_.snapshot_folder.empty()) return absl::OkStatus();
    std::string change;
    CRM_RETURN_IF_ERROR(readers_->Read(
        absl::InfiniteFuture(), [&](SqlReader& reader) -> absl::Status {
          CRM_ASSIGN_OR_RETURN(change, DescribeSqliteChange(reader, schema));
          return absl::OkStatus();
        }));
    return change.empty() ? absl::OkStatus() : SnapshotOnce(change);
  }

  // Keeps the store as it is before `change`, unless that was done.
  absl::Status SnapshotOnce(const std::string& change) {
    if (options_.snapshot_folder.empty()) return absl::OkStatus();
    const std::filesystem::path folder = options_.snapshot_folder;
    const std::filesystem::path target =
        folder /
        absl::StrCat(std::filesystem::path(options_.path).stem().string(),
                     "-before-", change, ".db");
    // A migration that was broken off has left its snapshot behind.
    std::error_code error;
    if (std::filesystem::exists(target, error)) return absl::OkStatus();
    std::filesystem::create_directories(folder, error);
    if (error) return StorageUnusable(folder.string(), error.message());
    return SnapshotSqlite(options_, target.string());
  }

  const SqliteOptions options_;
  std::mutex close_mutex_;
  std::unique_ptr<FileLock> lock_;  // null once closed
  const std::unique_ptr<GroupWriter> writer_;
  const std::unique_ptr<ReaderPool> readers_;
};

const Clock& MachineClock() {
  static const SystemClock clock;
  return clock;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Database>> OpenSqlite(
    const SqliteOptions& options) {
  const Clock& clock =
      options.clock == nullptr ? MachineClock() : *options.clock;
  CRM_RETURN_IF_ERROR(CheckFilesystem(options));
  CRM_ASSIGN_OR_RETURN(std::unique_ptr<FileLock> lock,
                       FileLock::Acquire(options.path));
  CRM_ASSIGN_OR_RETURN(std::unique_ptr<GroupWriter> writer,
                       GroupWriter::Open(options, clock));
  CRM_ASSIGN_OR_RETURN(std::unique_ptr<ReaderPool> readers,
                       ReaderPool::Open(options, writer->version(), clock));
  return std::make_unique<SqliteDatabase>(
      options, std::move(lock), std::move(writer), std::move(readers));
}

}  // namespace crm

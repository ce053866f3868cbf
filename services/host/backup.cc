#include "services/host/backup.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/file_digest.h"
#include "shared/base/status_macros.h"
#include "shared/storage/file_lock.h"
#include "shared/storage/sqlite/connection.h"
#include "shared/storage/sqlite/snapshot.h"
#include "shared/storage/statement_errors.h"

namespace crm {
namespace {

namespace fs = std::filesystem;

// How long the log's last bytes may take to be copied into a closed store.
constexpr absl::Duration kPatience = absl::Seconds(5);

// As operational-20261127T101500.123456Z.
std::string NameAt(const std::string& service, absl::Time now) {
  return absl::StrCat(
      service, "-",
      absl::FormatTime("%Y%m%dT%H%M%E6S", now, absl::UTCTimeZone()), "Z");
}

// Reads what the store says of itself.
absl::Status ReadFacts(SqlReader& reader, BackupManifest& manifest) {
  CRM_ASSIGN_OR_RETURN(
      SqlRows rows,
      reader.Query("SELECT version, checksum FROM schema_version WHERE id = 1",
                   {}));
  if (!rows.empty()) {
    manifest.schema_version = std::get<int64_t>(rows[0][0]);
    manifest.schema_checksum = std::get<std::string>(rows[0][1]);
  }
  CRM_ASSIGN_OR_RETURN(
      rows, reader.Query("SELECT max(feed_epoch) FROM feed_state", {}));
  if (const auto* epoch = std::get_if<int64_t>(&rows.at(0).at(0))) {
    manifest.feed_epoch = *epoch;
  }
  CRM_ASSIGN_OR_RETURN(
      rows,
      reader.Query("SELECT part, seq FROM partition_head ORDER BY part", {}));
  for (const SqlRow& row : rows) {
    const auto part = static_cast<size_t>(std::get<int64_t>(row[0]));
    manifest.head_seqs.resize(part + 1);
    manifest.head_seqs[part] = std::get<int64_t>(row[1]);
  }
  CRM_ASSIGN_OR_RETURN(
      rows,
      reader.Query("SELECT DISTINCT tenant FROM ordering_head ORDER BY tenant",
                   {}));
  for (const SqlRow& row : rows) {
    manifest.tenants.push_back(std::get<std::string>(row[0]));
  }
  return absl::OkStatus();
}

absl::StatusOr<BackupManifest> Describe(const BackupPlace& place,
                                        const std::string& path,
                                        absl::Time now) {
  BackupManifest manifest;
  manifest.service = place.service;
  manifest.time = now;
  {
    CRM_ASSIGN_OR_RETURN(const std::unique_ptr<SqliteConnection> connection,
                         SqliteConnection::Open(path, {}));
    CRM_RETURN_IF_ERROR(ReadFacts(*connection, manifest));
  }
  std::error_code error;
  manifest.bytes = static_cast<int64_t>(fs::file_size(path, error));
  CRM_ASSIGN_OR_RETURN(const std::string digest, Sha256OfFile(path));
  manifest.sha256 = absl::BytesToHexString(digest);
  return manifest;
}

absl::StatusOr<BackupManifest> FindBackup(const BackupPlace& place,
                                          absl::string_view name) {
  absl::Status problem = NotFound(
      "BACKUP_NOT_FOUND",
      absl::StrCat("There is no backup '", name, "' in '", place.folder, "'."));
  for (BackupManifest& manifest : ListBackups(place.folder)) {
    if (manifest.service != place.service ||
        (!name.empty() && manifest.name != name)) {
      continue;
    }
    problem = VerifyBackup(place.folder, manifest);
    if (problem.ok()) return std::move(manifest);
    if (!name.empty()) break;
  }
  return problem;
}

// Brings the store that is to be replaced to rest, so that its one file holds
// all of it. Returns its epoch, or 0 if it cannot be read.
int64_t SettleOldStore(const SqliteOptions& store) {
  const auto connection =
      SqliteConnection::Open(store.path, {.writable = true, .vfs = store.vfs});
  if (!connection.ok()) return 0;
  (*connection)->Checkpoint(CheckpointMode::kTruncate, kPatience).IgnoreError();
  BackupManifest facts;
  return ReadFacts(**connection, facts).ok() ? facts.feed_epoch : 0;
}

// Puts aside what is left of the log of a store that could not be settled, so
// that no other store takes it for its own.
void PutLogAside(const SqliteOptions& store) {
  std::error_code ignored;
  for (const char* suffix : {"-wal", "-shm"}) {
    fs::rename(store.path + suffix,
               absl::StrCat(store.path, ".before-restore", suffix), ignored);
  }
}

// Makes the copy a store that is whole and begins `epoch`.
absl::Status BeginEpoch(const SqliteOptions& store, const std::string& path,
                        int64_t epoch) {
  CRM_ASSIGN_OR_RETURN(
      const std::unique_ptr<SqliteConnection> connection,
      SqliteConnection::Open(path, {.writable = true, .vfs = store.vfs}));
  CRM_ASSIGN_OR_RETURN(const SqlRows rows,
                       connection->Query("PRAGMA integrity_check", {}));
  if (rows != SqlRows{{SqlValue(std::string("ok"))}}) {
    return MakeError(absl::StatusCode::kDataLoss, "BACKUP_DAMAGED",
                     "The backup is no whole database. Take another one.");
  }
  CRM_RETURN_IF_ERROR(
      connection->Execute("UPDATE feed_state SET feed_epoch = ?", {epoch})
          .status());
  return connection->Checkpoint(CheckpointMode::kTruncate, kPatience);
}

void RemoveStore(const std::string& path) {
  std::error_code ignored;
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
    fs::remove(path + suffix, ignored);
  }
}

}  // namespace

absl::StatusOr<BackupManifest> CreateBackup(const BackupPlace& place,
                                            absl::Time now) {
  std::error_code error;
  fs::create_directories(place.folder, error);
  if (error) return StorageUnusable(place.folder, error.message());
  const std::string name = NameAt(place.service, now);
  const std::string path = BackupFile(place.folder, name);
  CRM_RETURN_IF_ERROR(SnapshotSqlite(place.store, path));
  absl::StatusOr<BackupManifest> manifest = Describe(place, path, now);
  absl::Status status = manifest.status();
  if (status.ok()) {
    manifest->name = name;
    status = WriteManifest(place.folder, *manifest);
  }
  if (!status.ok()) {
    RemoveStore(path);
    return status;
  }
  return manifest;
}

void PruneBackups(const BackupPlace& place, int keep) {
  const auto kept = static_cast<size_t>(std::max(keep, 1));
  std::vector<std::string> known;
  for (const BackupManifest& manifest : ListBackups(place.folder)) {
    if (manifest.service == place.service) known.push_back(manifest.name);
  }
  std::error_code ignored;
  for (size_t i = kept; i < known.size(); ++i) {
    // Without its manifest it is no backup any more.
    fs::remove(fs::path(place.folder) / (known[i] + ".manifest"), ignored);
    RemoveStore(BackupFile(place.folder, known[i]));
  }
  known.resize(std::min(known.size(), kept));
  std::vector<fs::directory_entry> copies;
  for (const auto& entry : fs::directory_iterator(place.folder, ignored)) {
    const std::string file = entry.path().filename().string();
    if (!absl::StartsWith(file, place.service + "-")) continue;
    if (absl::StartsWith(file, place.service + "-before-")) {
      if (entry.path().extension() == ".db") copies.push_back(entry);
    } else if (std::none_of(known.begin(), known.end(),
                            [&file](const std::string& name) {
                              return absl::StartsWith(file, name + ".");
                            })) {
      fs::remove(entry.path(), ignored);
    }
  }
  std::sort(copies.begin(), copies.end(),
            [&ignored](const auto& a, const auto& b) {
              return a.last_write_time(ignored) > b.last_write_time(ignored);
            });
  for (size_t i = kept; i < copies.size(); ++i) {
    fs::remove(copies[i].path(), ignored);
  }
}

absl::StatusOr<BackupManifest> RestoreBackup(const BackupPlace& place,
                                             absl::string_view name,
                                             absl::Time now) {
  CRM_ASSIGN_OR_RETURN(const std::unique_ptr<FileLock> lock,
                       FileLock::Acquire(place.store.path));
  CRM_ASSIGN_OR_RETURN(BackupManifest manifest, FindBackup(place, name));
  const std::string copy = place.store.path + ".restoring";
  const absl::Cleanup remove_copy = [&copy] { RemoveStore(copy); };
  RemoveStore(copy);
  std::error_code error;
  fs::copy_file(BackupFile(place.folder, manifest.name), copy, error);
  if (error) return StorageUnusable(copy, error.message());

  const bool replaces = fs::exists(place.store.path, error);
  int64_t epoch = replaces ? SettleOldStore(place.store) : 0;
  for (const BackupManifest& other : ListBackups(place.folder)) {
    epoch = std::max(epoch, other.feed_epoch);
  }
  // An epoch that was begun and lost with its store must not come again, so it
  // grows with the time as well.
  epoch = std::max(epoch + 1, absl::ToUnixSeconds(now));
  CRM_RETURN_IF_ERROR(BeginEpoch(place.store, copy, epoch));
  CRM_RETURN_IF_ERROR(SyncToDisk(copy));

  const std::string old = place.store.path + ".before-restore";
  if (replaces) {
    PutLogAside(place.store);
    fs::remove(old, error);
    fs::create_hard_link(place.store.path, old, error);
    if (error) return StorageUnusable(old, error.message());
  }
  fs::rename(copy, place.store.path, error);
  if (error) return StorageUnusable(place.store.path, error.message());
  CRM_RETURN_IF_ERROR(
      SyncToDisk(fs::path(place.store.path).parent_path().string()));
  manifest.feed_epoch = epoch;
  return manifest;
}

}  // namespace crm

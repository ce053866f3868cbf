#include "shared/storage/duckdb/duck_file.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "shared/base/status_macros.h"
#include "shared/storage/duckdb/duck_connection.h"
#include "shared/storage/statement_errors.h"

namespace crm {
namespace {

namespace fs = std::filesystem;

using Setting = std::pair<const char*, std::string>;

std::vector<Setting> SettingsOf(const DuckOptions& options) {
  return {{"threads", absl::StrCat(options.threads)},
          {"memory_limit", absl::StrCat(options.memory_limit_bytes, "B")},
          {"temp_directory", absl::StrCat(options.path, ".tmp")},
          // A short log is replayed quickly after an unclean death.
          {"checkpoint_threshold", "4MB"},
          {"autoinstall_known_extensions", "false"},
          {"autoload_known_extensions", "false"},
          {"allow_unsigned_extensions", "false"},
          {"extension_directory", absl::StrCat(options.path, ".extensions")}};
}

// After these, no statement reaches the network or another file, and no
// statement can undo them.
//
// A plan made from statistics is wrong once the data has outgrown them, and
// statements are kept prepared: it cuts numbers off and finds no rows.
constexpr std::array<const char*, 3> kLockdown = {
    "SET disabled_optimizers = 'statistics_propagation'",
    "SET enable_external_access = false", "SET lock_configuration = true"};

absl::StatusOr<duckdb_database> TryOpen(const DuckOptions& options) {
  duckdb_config config = nullptr;
  if (duckdb_create_config(&config) != DuckDBSuccess) {
    return StorageUnusable(options.path, "out of memory");
  }
  const absl::Cleanup destroy = [&config] { duckdb_destroy_config(&config); };
  for (const auto& [name, value] : SettingsOf(options)) {
    if (duckdb_set_config(config, name, value.c_str()) != DuckDBSuccess) {
      return StorageUnusable(options.path,
                             absl::StrCat("setting '", name, "' is refused"));
    }
  }
  duckdb_database database = nullptr;
  char* error = nullptr;
  if (duckdb_open_ext(options.path.c_str(), &database, config, &error) !=
      DuckDBSuccess) {
    const absl::Cleanup free_error = [error] { duckdb_free(error); };
    return StorageUnusable(options.path, error == nullptr ? "?" : error);
  }
  return database;
}

absl::Status LockDown(duckdb_database database) {
  CRM_ASSIGN_OR_RETURN(const std::unique_ptr<DuckConnection> connection,
                       DuckConnection::Open(database));
  for (const char* statement : kLockdown) {
    CRM_RETURN_IF_ERROR(connection->Execute(statement, {}).status());
  }
  return absl::OkStatus();
}

// Moves the file and its log to `<path>.aside`, over what was moved before.
void MoveAside(const std::string& path) {
  const std::string aside = absl::StrCat(path, ".aside");
  std::error_code ignored;
  for (const char* suffix : {"", ".wal"}) {
    fs::remove(aside + suffix, ignored);
    fs::rename(path + suffix, aside + suffix, ignored);
  }
}

bool Exists(const std::string& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

// DuckDB may abort the process while it replays its log. The marker outlives
// that, and tells the next start not to try again.
std::string MarkerOf(const DuckOptions& options) {
  return absl::StrCat(options.path, ".opening");
}

void RemoveMarker(const DuckOptions& options) {
  std::error_code ignored;
  fs::remove(MarkerOf(options), ignored);
}

}  // namespace

absl::StatusOr<std::unique_ptr<DuckFile>> DuckFile::Open(
    const DuckOptions& options) {
  CRM_ASSIGN_OR_RETURN(std::unique_ptr<FileLock> lock,
                       FileLock::Acquire(options.path));
  const std::string marker = MarkerOf(options);
  bool rebuilt = Exists(marker);
  if (rebuilt) MoveAside(options.path);
  std::ofstream(marker).put('\n');

  absl::StatusOr<duckdb_database> database = TryOpen(options);
  if (!database.ok() && Exists(options.path)) {
    MoveAside(options.path);
    rebuilt = true;
    database = TryOpen(options);
  }
  RemoveMarker(options);
  CRM_RETURN_IF_ERROR(database.status());

  auto file = std::unique_ptr<DuckFile>(
      new DuckFile(std::move(lock), *database, rebuilt));
  CRM_RETURN_IF_ERROR(LockDown(*database));
  return file;
}

DuckFile::~DuckFile() { duckdb_close(&database_); }

absl::Status DuckFile::Reopen(const DuckOptions& options) {
  duckdb_close(&database_);
  database_ = nullptr;
  std::ofstream(MarkerOf(options)).put('\n');
  const absl::StatusOr<duckdb_database> database = TryOpen(options);
  RemoveMarker(options);
  CRM_RETURN_IF_ERROR(database.status());
  database_ = *database;
  return LockDown(database_);
}

}  // namespace crm

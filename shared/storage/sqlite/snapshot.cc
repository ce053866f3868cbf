#include "shared/storage/sqlite/snapshot.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <system_error>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "shared/base/status_macros.h"
#include "shared/storage/sqlite/connection.h"
#include "shared/storage/sqlite/disk.h"
#include "shared/storage/statement_errors.h"

namespace crm {
namespace {

namespace fs = std::filesystem;

int64_t SizeOf(const std::string& path) {
  std::error_code missing;
  const auto bytes = fs::file_size(path, missing);
  return missing ? 0 : static_cast<int64_t>(bytes);
}

}  // namespace

absl::Status SyncToDisk(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return StorageUnusable(path, std::generic_category().message(errno));
  }
  const absl::Cleanup close_file = [file] { close(file); };
  if (fsync(file) != 0) {
    return StorageUnusable(path, std::generic_category().message(errno));
  }
  return absl::OkStatus();
}

absl::Status SnapshotSqlite(const SqliteOptions& options,
                            const std::string& target) {
  CRM_RETURN_IF_ERROR(CheckFreeSpace(
      options, SizeOf(options.path) + SizeOf(options.path + "-wal")));
  const std::string partial = absl::StrCat(target, ".partial");
  std::error_code error;
  fs::remove(partial, error);
  const absl::Cleanup remove_partial = [&partial] {
    std::error_code ignored;
    fs::remove(partial, ignored);
    fs::remove(partial + "-journal", ignored);
  };
  {
    CRM_ASSIGN_OR_RETURN(
        const std::unique_ptr<SqliteConnection> connection,
        SqliteConnection::Open(options.path, {.vfs = options.vfs}));
    CRM_RETURN_IF_ERROR(
        connection->Execute("VACUUM INTO ?", {partial}).status());
  }
  CRM_RETURN_IF_ERROR(SyncToDisk(partial));
  fs::rename(partial, target, error);
  if (error) return StorageUnusable(target, error.message());
  return SyncToDisk(fs::path(target).parent_path().string());
}

}  // namespace crm

#include "shared/storage/sqlite/disk.h"

#include <sys/statvfs.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/storage/statement_errors.h"

namespace crm {
namespace {

// f_type of statfs(2): NFS, SMB, CIFS, SMB2, FUSE, AFS, Ceph.
constexpr std::array<uint32_t, 7> kNetworkFilesystems = {
    0x6969, 0x517B, 0xFF534D42, 0xFE534D42, 0x65735546, 0x5346414F, 0x00C36400};

std::string FolderOf(const std::string& path) {
  const std::filesystem::path folder =
      std::filesystem::path(path).parent_path();
  return folder.empty() ? "." : folder.string();
}

}  // namespace

absl::Status CheckFilesystem(const SqliteOptions& options) {
  struct statfs info = {};
  if (statfs(FolderOf(options.path).c_str(), &info) != 0) {
    return StorageUnusable(options.path,
                           std::generic_category().message(errno));
  }
  const bool is_network =
      std::find(kNetworkFilesystems.begin(), kNetworkFilesystems.end(),
                static_cast<uint32_t>(info.f_type)) !=
      kNetworkFilesystems.end();
  if (is_network && !options.allow_network_filesystem) {
    return FailedPrecondition(
        "NETWORK_FILESYSTEM",
        absl::StrCat("'", options.path,
                     "' is on a network or FUSE filesystem, where locks do not "
                     "protect it. Move it to a local disk."),
        options.path);
  }
  return absl::OkStatus();
}

absl::Status CheckFreeSpace(const SqliteOptions& options,
                            int64_t reserved_bytes) {
  struct statvfs info = {};
  if (statvfs(options.path.c_str(), &info) != 0) {
    return StorageUnusable(options.path,
                           std::generic_category().message(errno));
  }
  const auto block = static_cast<double>(info.f_frsize);
  const double free_bytes = static_cast<double>(info.f_bavail) * block -
                            static_cast<double>(reserved_bytes);
  const double free_fraction =
      info.f_blocks == 0
          ? 1.0
          : free_bytes / (static_cast<double>(info.f_blocks) * block);
  const bool enough =
      free_bytes >= static_cast<double>(options.min_free_bytes) &&
      free_fraction >= options.min_free_fraction;
  return enough ? absl::OkStatus() : DiskLow();
}

}  // namespace crm

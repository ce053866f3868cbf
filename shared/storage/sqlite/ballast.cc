#include "shared/storage/sqlite/ballast.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "shared/base/status_macros.h"
#include "shared/storage/sqlite/disk.h"
#include "shared/storage/statement_errors.h"

namespace crm {
namespace {

// Reserves `bytes` for the file. Returns zero or the error's number.
int Reserve(int file, int64_t bytes) {
  int code = 0;
  do {
    code = posix_fallocate(file, 0, bytes);
  } while (code == EINTR);
  return code;
}

}  // namespace

Ballast::Ballast(const SqliteOptions& options)
    : options_(options), path_(absl::StrCat(options.path, ".ballast")) {
  if (options_.ballast_bytes > 0) return;
  unlink(path_.c_str());
  held_ = true;
}

absl::Status Ballast::CheckRoom() const {
  return CheckFreeSpace(options_, held_ ? 0 : options_.ballast_bytes);
}

absl::Status Ballast::Take() {
  if (held_) return absl::OkStatus();
  struct stat present = {};
  if (stat(path_.c_str(), &present) == 0 &&
      present.st_size == options_.ballast_bytes) {
    held_ = true;
    return absl::OkStatus();
  }
  unlink(path_.c_str());
  CRM_RETURN_IF_ERROR(CheckRoom());
  const int file =
      open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return DiskLow();
  const absl::Cleanup close_file = [file] { close(file); };
  const int code = Reserve(file, options_.ballast_bytes);
  if (code != 0) unlink(path_.c_str());
  if (code == ENOSPC || code == EDQUOT) return DiskLow();
  held_ = true;
  return absl::OkStatus();
}

void Ballast::Release() {
  if (options_.ballast_bytes <= 0) return;
  unlink(path_.c_str());
  held_ = false;
}

}  // namespace crm

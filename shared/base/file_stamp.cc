#include "shared/base/file_stamp.h"

#include <sys/stat.h>

namespace crm {

std::optional<FileStamp> StampOf(const std::string& path) {
  struct stat state {};
  if (stat(path.c_str(), &state) != 0) return std::nullopt;
  return FileStamp{.seconds = state.st_mtim.tv_sec,
                   .nanos = state.st_mtim.tv_nsec,
                   .size = state.st_size,
                   .inode = state.st_ino};
}

}  // namespace crm

// What tells one state of a file from another without reading it.

#ifndef CRM_SHARED_BASE_FILE_STAMP_H_
#define CRM_SHARED_BASE_FILE_STAMP_H_

#include <cstdint>
#include <optional>
#include <string>

namespace crm {

// The time and place of a file's last change.
struct FileStamp {
  int64_t seconds = 0;
  int64_t nanos = 0;
  int64_t size = 0;
  uint64_t inode = 0;
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

// Returns the stamp of the file at `path`, links followed, or nothing when
// there is none. Take it before the file is read: a change in between is seen
// the next time.
std::optional<FileStamp> StampOf(const std::string& path);

}  // namespace crm

#endif  // CRM_SHARED_BASE_FILE_STAMP_H_

// An exclusive claim on a database file, against other processes and against a
// second use in this one.

#ifndef CRM_SHARED_STORAGE_FILE_LOCK_H_
#define CRM_SHARED_STORAGE_FILE_LOCK_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace crm {

// Holds flock() on `<path>.lock` until destroyed. The kernel lets go of it when
// the process dies; the file stays. Immutable.
class FileLock final {
 public:
  // Returns FAILED_PRECONDITION DATABASE_LOCKED when it is held elsewhere, and
  // UNAVAILABLE STORAGE_UNUSABLE when the lock file cannot be made.
  static absl::StatusOr<std::unique_ptr<FileLock>> Acquire(
      const std::string& path);

  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
};

}  // namespace crm

#endif  // CRM_SHARED_STORAGE_FILE_LOCK_H_

// Space on the disk that is kept for the moment in which there is none left: a
// file beside the database that can be given up.
//
// On a disk that is really full SQLite can neither delete nor copy its log.
// Giving up the file lets it do both, after which writes are refused until
// there is room for the file again.

#ifndef CRM_SHARED_STORAGE_SQLITE_BALLAST_H_
#define CRM_SHARED_STORAGE_SQLITE_BALLAST_H_

#include <atomic>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "shared/storage/sqlite/sqlite_database.h"

namespace crm {

// The file `<database>.ballast`. Take() and Release() are called by one thread
// at a time; the rest is thread-safe.
class Ballast final {
 public:
  // `options` names the database and the size; of size zero there is none, and
  // that none is missing.
  explicit Ballast(const SqliteOptions& options);

  // Whether there is nothing to Take(). True as well on a filesystem that
  // cannot reserve space: the database then goes without.
  bool held() const { return held_; }

  // Returns OK if there is the space that the options ask for beside the file,
  // whether it is held or not; else RESOURCE_EXHAUSTED DISK_LOW. One system
  // call.
  absl::Status CheckRoom() const;

  // Makes the file, or finds it. Returns RESOURCE_EXHAUSTED DISK_LOW if there
  // is no room for it.
  absl::Status Take();

  // Gives the file up.
  void Release();

 private:
  const SqliteOptions options_;
  const std::string path_;
  std::atomic<bool> held_ = false;
};

}  // namespace crm

#endif  // CRM_SHARED_STORAGE_SQLITE_BALLAST_H_

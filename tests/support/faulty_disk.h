// A disk below SQLite that remembers what was written and synced, fails when it
// is told to, and can be full. It lies over SQLite's own, so files are real.

#ifndef CRM_TESTS_SUPPORT_FAULTY_DISK_H_
#define CRM_TESTS_SUPPORT_FAULTY_DISK_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace crm::testing {

// One thing that happened to the disk.
struct DiskOperation {
  enum class Kind { kCreate, kWrite, kTruncate, kSync, kDelete, kMark };

  Kind kind = Kind::kMark;
  // The name of the file without its folder.
  std::string file = {};
  int64_t offset = 0;
  // The bytes of a write.
  std::string data = {};
  // The size of a truncation, or what the test said with a mark.
  int64_t value = 0;
};

// Registers itself with SQLite for as long as it lives; what is opened over it
// is closed before. Syncing is only recorded, so that tests are fast.
// Thread-safe.
class FaultyDisk final {
 public:
  FaultyDisk();
  ~FaultyDisk();
  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;

  // The name by which SQLite finds it.
  const std::string& vfs() const { return name_; }

  // Records from now on what happens to files, forgetting what it recorded.
  void StartRecording();
  // Adds a mark to the record: what follows came later.
  void Mark(int64_t value);
  // Ends the recording and returns it, in order.
  std::vector<DiskOperation> StopRecording();

  // Has connections that are opened from now on run at synchronous=NORMAL when
  // they ask for FULL.
  void WeakenSync();

  // Makes `count` operations fail from the `nth` on, which is 1 for the next.
  // An operation is an open, read, write, truncation, sync or deletion.
  void FailNth(int64_t nth, int64_t count = 1);
  // How many operations there have been since FailNth().
  int64_t operations() const;
  // How many of them failed.
  int64_t failures() const;

  // Lets files grow only while the files of `folder`, whoever wrote them, have
  // no more than `bytes` together. The disk of an empty folder is endless.
  void SetCapacity(const std::string& folder, int64_t bytes);

 private:
  class State;
  std::string name_;
  std::unique_ptr<State> state_;
};

}  // namespace crm::testing

#endif  // CRM_TESTS_SUPPORT_FAULTY_DISK_H_

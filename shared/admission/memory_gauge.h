// How much of the memory that it may have the process uses.

#ifndef CRM_SHARED_ADMISSION_MEMORY_GAUGE_H_
#define CRM_SHARED_ADMISSION_MEMORY_GAUGE_H_

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "absl/time/time.h"

namespace crm {

// Compares the resident memory of this process with the limit of its control
// group. What is mapped of a store does not count: the kernel takes it back
// when it needs the room, and it is resident once for each reader that maps it.
// So of the pages of files so many count as programs and libraries take.
// Thread-safe.
class MemoryGauge {
 public:
  // How long a reading counts.
  static constexpr absl::Duration kInterval = absl::Milliseconds(100);
  // The most that counts of the pages of files.
  static constexpr int64_t kProgramBytes = int64_t{64} << 20;

  // Finds the limit: the least of the group's and of those around it, in
  // version 2 or 1 of control groups. Below `root` lie the machine's /proc and
  // /sys.
  explicit MemoryGauge(const std::string& root = "");

  // Returns the bytes that the group may have; nothing without a limit.
  std::optional<int64_t> limit() const { return limit_; }

  // Returns the part that is used, as 0.8, at `now` of the monotonic clock or
  // shortly before; 0 without a limit.
  double Used(absl::Duration now);

 private:
  const std::string statm_;
  const std::optional<int64_t> limit_;
  std::mutex mutex_;
  absl::Duration read_ = -absl::InfiniteDuration();
  double used_ = 0;
};

}  // namespace crm

#endif  // CRM_SHARED_ADMISSION_MEMORY_GAUGE_H_

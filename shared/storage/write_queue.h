// The writes that wait for the thread that writes: bounded, in order of
// arrival, taken in groups.

#ifndef CRM_SHARED_STORAGE_WRITE_QUEUE_H_
#define CRM_SHARED_STORAGE_WRITE_QUEUE_H_

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "shared/base/clock.h"
#include "shared/storage/database.h"

namespace crm {

struct PendingWrite {
  absl::Time deadline;
  Database::WriteBody body;
  Database::WriteDone done;
  // What the body will ask by QueryShared().
  std::vector<SqlFragment> reads = {};
};

// Many threads push; one takes. Thread-safe.
class WriteQueue final {
 public:
  // `clock` outlives the queue.
  WriteQueue(size_t capacity, const Clock& clock)
      : capacity_(capacity), clock_(clock) {}

  // Takes `write` over. Otherwise leaves it as it is and returns UNAVAILABLE
  // OVERLOADED or STORAGE_CLOSED.
  absl::Status Push(PendingWrite&& write);

  // Reports the last group as done, waits for work, and returns what is there,
  // at most `limit`. Returns none once the queue is closed and empty.
  std::vector<PendingWrite> TakeGroup(size_t limit);

  // Refuses further writes; those that wait are still taken.
  void Close();

  bool closed() const;

  // Returns for how long a group has been running, or, if writes wait while
  // none runs, since when; zero while there is no work.
  absl::Duration Stall() const;

 private:
  const size_t capacity_;
  const Clock& clock_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<PendingWrite> waiting_;
  bool closed_ = false;
  // Since when there has been work that nobody has finished, if there is any.
  std::optional<absl::Duration> busy_since_;
};

}  // namespace crm

#endif  // CRM_SHARED_STORAGE_WRITE_QUEUE_H_

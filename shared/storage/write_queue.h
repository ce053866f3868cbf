// The writes that wait for a writer: bounded, in order of arrival, taken in
// groups by one or several threads.

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
  // Writes with the same sequence are never taken by two at once; null for one
  // by itself.
  const void* sequence = nullptr;
};

// Many threads push; a fixed number of takers take. Thread-safe.
class WriteQueue final {
 public:
  // `clock` outlives the queue. Takers are known by their index, from 0.
  WriteQueue(size_t capacity, const Clock& clock, size_t takers = 1)
      : capacity_(capacity),
        clock_(clock),
        parallel_(takers),
        groups_(takers) {}

  // Takes `write` over. Otherwise leaves it as it is and returns UNAVAILABLE
  // OVERLOADED or STORAGE_CLOSED.
  absl::Status Push(PendingWrite&& write);

  // Reports the taker's last group as done, waits for work, and returns what is
  // there, at most `limit`. Returns none once the queue is closed and empty.
  std::vector<PendingWrite> TakeGroup(size_t limit, size_t taker = 0);

  // Lets only so many groups run at once, from 1 to the number of takers; those
  // that run already go on.
  void SetParallel(size_t parallel);

  // Refuses further writes; those that wait are still taken.
  void Close();

  bool closed() const;

  // Returns for how long the oldest group has been running, or, if writes wait
  // while none runs, since when nothing was taken; zero while there is no work.
  absl::Duration Stall() const;

 private:
  // The group that a taker runs.
  struct Running {
    absl::Duration since;
    std::vector<const void*> sequences;
  };

  size_t running() const;
  // Whether another taker runs the sequence that the first write belongs to.
  bool FirstIsBlocked() const;

  const size_t capacity_;
  const Clock& clock_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<PendingWrite> waiting_;
  bool closed_ = false;
  size_t parallel_;
  std::vector<std::optional<Running>> groups_;
  absl::Duration last_progress_;
};

}  // namespace crm

#endif  // CRM_SHARED_STORAGE_WRITE_QUEUE_H_

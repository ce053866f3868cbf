// A bounded thread pool: what may block runs here, off the transport's threads.

#ifndef CRM_SHARED_RPC_POOL_H_
#define CRM_SHARED_RPC_POOL_H_

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "shared/base/clock.h"

namespace crm {

// Runs tasks on a fixed number of threads, in the order they came. Tasks catch
// their own exceptions. Thread-safe.
class Pool {
 public:
  // Starts `threads` threads (at least one); at most `max_queued` tasks wait.
  Pool(size_t threads, size_t max_queued);

  // Stops.
  ~Pool();

  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // Queues `task`. Returns false, and drops it, when the queue is full or the
  // pool is stopping.
  bool Submit(std::function<void()> task);

  // Runs what is queued, then ends the threads.
  void Stop();

  // Returns how many tasks wait.
  size_t queued() const;

  // Returns for how long tasks have waited without a thread taking any; zero
  // when none waits.
  absl::Duration Stall() const;

 private:
  void Work();

  const size_t max_queued_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> tasks_;
  const SystemClock clock_;
  // When a thread last took a task, or the first of those that wait came.
  absl::Duration progress_ = absl::ZeroDuration();
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace crm

#endif  // CRM_SHARED_RPC_POOL_H_

// A few threads for work that blocks, so that the event loop never does.

#ifndef CRM_GATEWAY_LOCAL_WORKER_POOL_H_
#define CRM_GATEWAY_LOCAL_WORKER_POOL_H_

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace crm::gateway {

// Runs tasks in the order they come, on a fixed number of threads. Thread-safe.
class WorkerPool {
 public:
  using Task = std::function<void()>;

  WorkerPool(size_t threads, size_t max_waiting);
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;
  // Runs no more tasks, and waits for those that run.
  ~WorkerPool();

  // Queues `task`. Returns false, and drops it, when `max_waiting` wait
  // already.
  bool Post(Task task);

 private:
  void Work();

  const size_t max_waiting_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> waiting_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_LOCAL_WORKER_POOL_H_

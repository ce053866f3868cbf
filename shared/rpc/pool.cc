#include "shared/rpc/pool.h"

#include <algorithm>
#include <utility>

namespace crm {

Pool::Pool(size_t threads, size_t max_queued) : max_queued_(max_queued) {
  threads_.reserve(std::max<size_t>(threads, 1));
  for (size_t i = 0; i < std::max<size_t>(threads, 1); ++i) {
    threads_.emplace_back([this] { Work(); });
  }
}

Pool::~Pool() { Stop(); }

void Pool::Stop() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

bool Pool::Submit(std::function<void()> task) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (stopping_ || tasks_.size() >= max_queued_) return false;
    if (tasks_.empty()) progress_ = clock_.Monotonic();
    tasks_.push_back(std::move(task));
  }
  wake_.notify_one();
  return true;
}

size_t Pool::queued() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return tasks_.size();
}

absl::Duration Pool::Stall() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return tasks_.empty() ? absl::ZeroDuration() : clock_.Monotonic() - progress_;
}

void Pool::Work() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
    if (tasks_.empty()) return;
    std::function<void()> task = std::move(tasks_.front());
    tasks_.pop_front();
    if (!tasks_.empty()) progress_ = clock_.Monotonic();
    lock.unlock();
    task();
    // What the task holds is released outside the lock, too.
    task = nullptr;
    lock.lock();
  }
}

}  // namespace crm

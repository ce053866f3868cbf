#include "shared/storage/write_queue.h"

#include <utility>

#include "shared/storage/statement_errors.h"

namespace crm {

absl::Status WriteQueue::Push(PendingWrite&& write) {
  const std::lock_guard lock(mutex_);
  if (closed_) return StorageClosed();
  if (waiting_.size() >= capacity_) return WriteQueueFull();
  if (!busy_since_.has_value()) {
    busy_since_ = clock_.Monotonic();
    changed_.notify_one();
  }
  waiting_.push_back(std::move(write));
  return absl::OkStatus();
}

std::vector<PendingWrite> WriteQueue::TakeGroup(size_t limit) {
  std::unique_lock lock(mutex_);
  busy_since_.reset();
  changed_.wait(lock, [this] { return closed_ || !waiting_.empty(); });
  std::vector<PendingWrite> group;
  while (group.size() < limit && !waiting_.empty()) {
    group.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  if (!group.empty()) busy_since_ = clock_.Monotonic();
  return group;
}

void WriteQueue::Close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

bool WriteQueue::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

absl::Duration WriteQueue::Stall() const {
  const std::lock_guard lock(mutex_);
  return busy_since_.has_value() ? clock_.Monotonic() - *busy_since_
                                 : absl::ZeroDuration();
}

}  // namespace crm

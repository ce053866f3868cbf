#include "shared/storage/sqlite/write_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "shared/storage/statement_errors.h"

namespace crm {

absl::Status WriteQueue::Push(PendingWrite&& write) {
  const std::lock_guard lock(mutex_);
  if (closed_) return StorageClosed();
  if (waiting_.size() >= capacity_) return WriteQueueFull();
  if (waiting_.empty() && !group_running_) {
    last_progress_ = clock_.Monotonic();
    changed_.notify_one();
  }
  waiting_.push_back(std::move(write));
  return absl::OkStatus();
}

std::vector<PendingWrite> WriteQueue::TakeGroup(size_t limit) {
  std::unique_lock lock(mutex_);
  group_running_ = false;
  changed_.wait(lock, [this] { return closed_ || !waiting_.empty(); });
  const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(
                                          std::min(limit, waiting_.size()));
  std::vector<PendingWrite> group(std::make_move_iterator(waiting_.begin()),
                                  std::make_move_iterator(end));
  waiting_.erase(waiting_.begin(), end);
  group_running_ = !group.empty();
  last_progress_ = clock_.Monotonic();
  return group;
}

void WriteQueue::Close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_one();
}

bool WriteQueue::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

absl::Duration WriteQueue::Stall() const {
  const std::lock_guard lock(mutex_);
  if (!group_running_ && waiting_.empty()) return absl::ZeroDuration();
  return clock_.Monotonic() - last_progress_;
}

}  // namespace crm

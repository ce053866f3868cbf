#include "shared/storage/write_queue.h"

#include <algorithm>
#include <utility>

#include "shared/storage/statement_errors.h"

namespace crm {

absl::Status WriteQueue::Push(PendingWrite&& write) {
  const std::lock_guard lock(mutex_);
  if (closed_) return StorageClosed();
  if (waiting_.size() >= capacity_) return WriteQueueFull();
  if (waiting_.empty() && running() < parallel_) {
    if (running() == 0) last_progress_ = clock_.Monotonic();
    changed_.notify_all();
  }
  waiting_.push_back(std::move(write));
  return absl::OkStatus();
}

std::vector<PendingWrite> WriteQueue::TakeGroup(size_t limit, size_t taker) {
  std::unique_lock lock(mutex_);
  if (groups_[taker].has_value()) {
    const bool may_block = !groups_[taker]->sequences.empty();
    groups_[taker].reset();
    last_progress_ = clock_.Monotonic();
    if (may_block) changed_.notify_all();
  }
  changed_.wait(lock, [this] {
    return (closed_ && waiting_.empty()) ||
           (!waiting_.empty() && running() < parallel_ && !FirstIsBlocked());
  });
  std::vector<PendingWrite> group;
  Running taken = {.since = clock_.Monotonic(), .sequences = {}};
  while (group.size() < limit && !waiting_.empty() && !FirstIsBlocked()) {
    group.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
    if (group.back().sequence != nullptr) {
      taken.sequences.push_back(group.back().sequence);
    }
  }
  last_progress_ = taken.since;
  if (!group.empty()) groups_[taker] = std::move(taken);
  // A closed queue that has just become empty lets the other takers go.
  if (closed_) changed_.notify_all();
  return group;
}

void WriteQueue::SetParallel(size_t parallel) {
  const std::lock_guard lock(mutex_);
  parallel_ = std::clamp<size_t>(parallel, 1, groups_.size());
  changed_.notify_all();
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
  std::optional<absl::Duration> since;
  for (const auto& taken : groups_) {
    if (taken.has_value() && (!since.has_value() || taken->since < *since)) {
      since = taken->since;
    }
  }
  if (!since.has_value() && !waiting_.empty()) since = last_progress_;
  return since.has_value() ? clock_.Monotonic() - *since : absl::ZeroDuration();
}

size_t WriteQueue::running() const {
  return static_cast<size_t>(
      std::count_if(groups_.begin(), groups_.end(),
                    [](const auto& taken) { return taken.has_value(); }));
}

bool WriteQueue::FirstIsBlocked() const {
  const void* sequence = waiting_.front().sequence;
  if (sequence == nullptr) return false;
  return std::any_of(groups_.begin(), groups_.end(), [=](const auto& group) {
    return group.has_value() &&
           std::find(group->sequences.begin(), group->sequences.end(),
                     sequence) != group->sequences.end();
  });
}

}  // namespace crm

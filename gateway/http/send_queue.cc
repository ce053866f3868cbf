#include "gateway/http/send_queue.h"

#include <algorithm>
#include <iterator>

namespace crm::gateway {
namespace {

// Small pieces are joined up to this size, which bounds how many there are.
constexpr size_t kJoinBytes = 4096;

// Moved chunks are forgotten in groups, so that a queue that is never empty
// does not grow.
constexpr size_t kForgetChunks = 32;

}  // namespace

void SendQueue::Append(std::string chunk) {
  if (ended_ || chunk.empty()) return;
  size_ += chunk.size();
  if (size_ > kHighWaterBytes) above_high_water_ = true;
  if (first_ < chunks_.size() &&
      chunks_.back().size() + chunk.size() <= kJoinBytes) {
    chunks_.back() += chunk;
    return;
  }
  chunks_.push_back(std::move(chunk));
}

void SendQueue::End(Headers trailers) {
  if (ended_) return;
  ended_ = true;
  trailers_ = std::move(trailers);
}

void SendQueue::MoveTo(std::string& out, size_t count) {
  size_ -= count;
  if (count > 0) moved_ = true;
  while (count > 0) {
    const std::string& chunk = chunks_[first_];
    const size_t part = std::min(count, chunk.size() - first_offset_);
    out.append(chunk, first_offset_, part);
    count -= part;
    first_offset_ += part;
    if (first_offset_ < chunk.size()) return;
    ++first_;
    first_offset_ = 0;
  }
  if (first_ == chunks_.size() || first_ >= kForgetChunks) {
    chunks_.erase(chunks_.begin(),
                  std::next(chunks_.begin(), static_cast<ptrdiff_t>(first_)));
    first_ = 0;
  }
}

void SendQueue::Clear() {
  chunks_.clear();
  first_ = first_offset_ = size_ = 0;
  above_high_water_ = false;
}

bool SendQueue::TakeRelief() {
  if (!above_high_water_ || size_ > kLowWaterBytes) return false;
  above_high_water_ = false;
  return true;
}

}  // namespace crm::gateway

#include "shared/auth/token_cache.h"

#include <mutex>

namespace crm {

TokenCache::TokenCache(size_t capacity) : capacity_(capacity) {}

std::optional<Principal> TokenCache::Find(const std::string& digest,
                                          const Instant& now) const {
  std::shared_lock lock(mutex_);
  const auto found = entries_.find(digest);
  if (found == entries_.end()) return std::nullopt;
  const Instant& end = found->second.end;
  if (now.wall >= end.wall || now.monotonic >= end.monotonic ||
      now.keys != end.keys) {
    return std::nullopt;
  }
  return found->second.principal;
}

void TokenCache::Put(const std::string& digest, const Principal& principal,
                     const Instant& end) {
  if (capacity_ == 0) return;
  std::lock_guard lock(mutex_);
  const auto [entry, is_new] =
      entries_.insert_or_assign(digest, Entry{principal, end});
  if (!is_new) return;
  order_.push_back(digest);
  if (order_.size() > capacity_) {
    entries_.erase(order_.front());
    order_.pop_front();
  }
}

size_t TokenCache::size() const {
  std::shared_lock lock(mutex_);
  return entries_.size();
}

}  // namespace crm

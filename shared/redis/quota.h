// What a client may hold at a time: commands, and bytes of them.

#ifndef CRM_SHARED_REDIS_QUOTA_H_
#define CRM_SHARED_REDIS_QUOTA_H_

#include <atomic>
#include <cstddef>
#include <optional>
#include <utility>

namespace crm {

// Two counters with limits. Thread-safe.
class RedisQuota {
 public:
  RedisQuota(size_t max_commands, size_t max_bytes)
      : max_commands_(max_commands), max_bytes_(max_bytes) {}

  // A share of the quota, given back when it is destroyed. Thread-compatible.
  class Hold {
   public:
    Hold(Hold&& other) noexcept { *this = std::move(other); }
    Hold& operator=(Hold&& other) noexcept {
      std::swap(quota_, other.quota_);
      std::swap(commands_, other.commands_);
      std::swap(bytes_, other.bytes_);
      return *this;
    }
    ~Hold() {
      if (quota_ == nullptr) return;
      quota_->commands_ -= commands_;
      quota_->bytes_ -= bytes_;
    }

   private:
    friend class RedisQuota;
    Hold(RedisQuota* quota, size_t commands, size_t bytes)
        : quota_(quota), commands_(commands), bytes_(bytes) {}

    // Null after the share was moved away.
    RedisQuota* quota_ = nullptr;
    size_t commands_ = 0;
    size_t bytes_ = 0;
  };

  // Returns a share, or nothing if it would be more than there is.
  std::optional<Hold> Take(size_t commands, size_t bytes) {
    // Counted first, so that two who come at once cannot both have the last.
    const size_t all_commands = commands_ += commands;
    const size_t all_bytes = bytes_ += bytes;
    Hold hold(this, commands, bytes);
    if (all_commands > max_commands_ || all_bytes > max_bytes_) {
      return std::nullopt;
    }
    return hold;
  }

 private:
  const size_t max_commands_;
  const size_t max_bytes_;
  std::atomic<size_t> commands_ = 0;
  std::atomic<size_t> bytes_ = 0;
};

}  // namespace crm

#endif  // CRM_SHARED_REDIS_QUOTA_H_

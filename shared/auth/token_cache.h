// Remembers verified tokens for a short while, so that the calls of one client
// pay for one signature check.

#ifndef CRM_SHARED_AUTH_TOKEN_CACHE_H_
#define CRM_SHARED_AUTH_TOKEN_CACHE_H_

#include <deque>
#include <optional>
#include <shared_mutex>
#include <string>
#include <unordered_map>

#include "absl/time/time.h"
#include "shared/call/principal.h"

namespace crm {

// Principals by the SHA-256 of the whole token, at most `capacity` of them: the
// oldest makes room. An entry holds until an instant of the wall clock (the
// token's end) and one of the monotonic clock (a bound that setting the wall
// clock back does not move), and as long as the same keys are in force.
// Thread-safe.
class TokenCache {
 public:
  // Now, by both clocks, and the keys in force, compared by address only.
  struct Instant {
    absl::Time wall;
    absl::Duration monotonic;
    const void* keys = nullptr;
  };

  explicit TokenCache(size_t capacity);

  // Returns the principal of the token with `digest`, or nothing if none holds.
  std::optional<Principal> Find(const std::string& digest,
                                const Instant& now) const;

  // Remembers `principal` before `end`, while `end.keys` are in force.
  void Put(const std::string& digest, const Principal& principal,
           const Instant& end);

  size_t size() const;

 private:
  struct Entry {
    Principal principal;
    Instant end;
  };

  const size_t capacity_;
  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, Entry> entries_;
  // The digests of `entries_`, oldest first.
  std::deque<std::string> order_;
};

}  // namespace crm

#endif  // CRM_SHARED_AUTH_TOKEN_CACHE_H_

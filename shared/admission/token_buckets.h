// How often a caller may call: a bucket of tokens for each caller and group of
// methods, refilled at a steady rate, emptied by one token a call.

#ifndef CRM_SHARED_ADMISSION_TOKEN_BUCKETS_H_
#define CRM_SHARED_ADMISSION_TOKEN_BUCKETS_H_

#include <cstddef>
#include <map>
#include <mutex>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace crm {

// How fast a bucket fills, and how much it holds.
struct Rate {
  double per_second = 0;
  double burst = 1;
};

// The rate of each group of methods; a group without one is not limited.
using Rates = std::map<std::string, Rate, std::less<>>;

// Returns the rates in text of the form
// `interactive=100/s:200,export=2/m:2`: a group, its calls per second, minute
// or hour, and its burst. Empty text limits nothing. Returns INVALID_ARGUMENT
// (BAD_RATES) for anything else.
absl::StatusOr<Rates> ParseRates(absl::string_view text);

// The buckets of all callers, each full at first. Thread-safe.
class TokenBuckets {
 public:
  // The most buckets that are kept. One that is full again needs none.
  static constexpr size_t kMaxBuckets = 1 << 16;

  // `share` is the part of each rate that this process grants, as 1/2 for one
  // of two replicas.
  TokenBuckets(Rates rates, double share);

  // Takes a token of `principal` of `tenant` for `group` at `now` of the
  // monotonic clock. Returns zero, or how long until there will be one.
  absl::Duration Take(absl::string_view tenant, absl::string_view principal,
                      absl::string_view group, absl::Duration now);

  bool empty() const { return rates_.empty(); }
  size_t size() const;

 private:
  struct Bucket {
    double tokens = 0;
    absl::Duration filled;
    const Rate* rate = nullptr;
  };

  static void Fill(Bucket& bucket, absl::Duration now);
  void MakeRoom(absl::Duration now);

  const Rates rates_;
  mutable std::mutex mutex_;
  absl::flat_hash_map<std::string, Bucket> buckets_;
};

}  // namespace crm

#endif  // CRM_SHARED_ADMISSION_TOKEN_BUCKETS_H_

// How many calls a process serves at once: as many as it can before they begin
// to take longer.
//
// Every 100 ms the limit follows the calls that ended since: it shrinks with
// the ratio of the time that they may take to the time that they took, and
// grows by its square root while they are in time. It stays where it is while
// it is not used: what is slow then is slow for other reasons.

#ifndef CRM_SHARED_ADMISSION_GRADIENT_LIMIT_H_
#define CRM_SHARED_ADMISSION_GRADIENT_LIMIT_H_

#include "absl/time/time.h"

namespace crm {

// Finds the limit. Times are of the monotonic clock. Thread-compatible.
class GradientLimit {
 public:
  struct Options {
    int start = 64;
    int min = 8;
    int max = 512;
  };

  static constexpr absl::Duration kWindow = absl::Milliseconds(100);
  // After so long without a break at the limit, it is held at its minimum for
  // kProbe, so that the time of a call on its own is seen again.
  static constexpr absl::Duration kProbeInterval = absl::Seconds(30);
  static constexpr absl::Duration kProbe = absl::Milliseconds(300);

  explicit GradientLimit(const Options& options);

  // Notes a call that ended at `now`: `ratio` is the time it took to the time
  // it may take, `in_flight` how many calls there were with it.
  void Add(double ratio, int in_flight, absl::Duration now);

  // Returns how many calls may be in flight at `now`.
  int Limit(absl::Duration now) const;

 private:
  void Close(absl::Duration now);

  const Options options_;
  double limit_;
  absl::Duration window_start_ = -absl::InfiniteDuration();
  double ratios_ = 0;
  int count_ = 0;
  int peak_ = 0;
  // Since when the limit has been reached in every window.
  absl::Duration busy_since_ = absl::InfiniteDuration();
  absl::Duration probe_end_ = -absl::InfiniteDuration();
};

}  // namespace crm

#endif  // CRM_SHARED_ADMISSION_GRADIENT_LIMIT_H_

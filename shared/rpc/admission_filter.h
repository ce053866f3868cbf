// Refuses calls at once when enough are being served, so that no queue grows.

#ifndef CRM_SHARED_RPC_ADMISSION_FILTER_H_
#define CRM_SHARED_RPC_ADMISSION_FILTER_H_

#include <atomic>
#include <cstdint>

#include "absl/status/status.h"
#include "shared/call/call.h"

namespace crm {

// Returns UNAVAILABLE with reason OVERLOADED and a RetryInfo of 50 to 400 ms,
// spread so that refused callers do not come back together.
absl::Status Overloaded();

// Lets `limit` calls be in flight. Thread-safe.
class AdmissionFilter final : public CallFilter {
 public:
  explicit AdmissionFilter(int64_t limit = 512) : limit_(limit) {}

  // Returns Overloaded() beyond the limit.
  absl::Status Begin(Call& call) override;
  void End(const Call& call, const absl::Status& status) override;

  // Returns how many calls are in flight, those being refused included.
  int64_t in_flight() const { return in_flight_; }

 private:
  const int64_t limit_;
  std::atomic<int64_t> in_flight_{0};
};

}  // namespace crm

#endif  // CRM_SHARED_RPC_ADMISSION_FILTER_H_

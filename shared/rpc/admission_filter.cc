#include "shared/rpc/admission_filter.h"

#include "absl/time/time.h"
#include "shared/base/errors.h"

namespace crm {

absl::Status Overloaded() {
  static std::atomic<uint32_t> refusals{0};
  const int step = static_cast<int>(refusals++ % 8);
  return WithRetryAfter(
      Unavailable("OVERLOADED", "The service is busy. Try again shortly."),
      absl::Milliseconds(50) * (step + 1));
}

absl::Status AdmissionFilter::Begin(Call& /*call*/) {
  return in_flight_++ < limit_ ? absl::OkStatus() : Overloaded();
}

void AdmissionFilter::End(const Call& /*call*/,
                          const absl::Status& /*status*/) {
  --in_flight_;
}

}  // namespace crm

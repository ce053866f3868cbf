#include "shared/admission/refusals.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "shared/base/errors.h"

namespace crm {
namespace {

// Returns `status` with a QuotaFailure: `subject` has used up what
// `description` says.
absl::Status WithQuotaFailure(absl::Status status, absl::string_view subject,
                              absl::string_view description) {
  google::rpc::QuotaFailure failure;
  google::rpc::QuotaFailure::Violation& violation = *failure.add_violations();
  violation.set_subject(std::string(subject));
  violation.set_description(std::string(description));
  status.SetPayload(absl::StrCat("type.googleapis.com/",
                                 failure.GetDescriptor()->full_name()),
                    absl::Cord(failure.SerializeAsString()));
  return status;
}

}  // namespace

absl::Duration RetryAfter(double refused, double admitted, uint32_t nth) {
  // Steps through 0.5 to 1.5 in an order in which neighbours lie far apart.
  const double spread = 0.5 + (nth * 5 % 16) / 15.0;
  const double load = 1 + 2 * refused / (admitted + 1);
  return std::clamp(kMinRetryAfter * load * spread, kMinRetryAfter,
                    kMaxRetryAfter);
}

absl::Status Overloaded(absl::Duration retry_after) {
  return WithRetryAfter(
      Unavailable("OVERLOADED", "The service is busy. Try again shortly."),
      retry_after);
}

absl::Status RateLimited(absl::string_view principal, absl::string_view group,
                         absl::Duration retry_after) {
  return WithRetryAfter(
      WithQuotaFailure(
          ResourceExhausted(
              "RATE_LIMITED",
              absl::StrCat("You call methods of the group '", group,
                           "' more often than you may. Slow "
                           "down."),
              {{"group", std::string(group)}}),
          principal, absl::StrCat("calls of the group '", group, "'")),
      retry_after);
}

absl::Status DeadlineTooShort() {
  return MakeError(absl::StatusCode::kDeadlineExceeded, "DEADLINE_TOO_SHORT",
                   "The time that is left is shorter than this method takes "
                   "now. Give the call a later deadline.");
}

}  // namespace crm

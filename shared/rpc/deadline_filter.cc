#include "shared/rpc/deadline_filter.h"

#include "shared/base/errors.h"

namespace crm {

absl::Status DeadlineExceeded() {
  return MakeError(absl::StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED",
                   "The call's deadline passed before it was answered.");
}

absl::Status DeadlineFilter::Begin(Call& call) {
  return clock_.Now() < call.context.deadline ? absl::OkStatus()
                                              : DeadlineExceeded();
}

}  // namespace crm

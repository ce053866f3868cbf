#include "shared/resource/freshness_filter.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/call/consistency_token.h"

namespace crm {

FreshnessFilter::FreshnessFilter(std::string service, int64_t feed_epoch,
                                 std::string secret)
    : service_(std::move(service)),
      feed_epoch_(feed_epoch),
      secret_(std::move(secret)) {}

absl::Status FreshnessFilter::Begin(Call& call) {
  if (absl::StartsWith(call.context.method->permission, "internal.")) {
    return absl::OkStatus();
  }
  for (const std::string& text : call.context.consistency_tokens) {
    CRM_ASSIGN_OR_RETURN(const ConsistencyToken token,
                         DecodeConsistencyToken(text, secret_));
    if (token.service != service_ || token.feed_epoch == feed_epoch_) continue;
    return FailedPrecondition(
        "CONSISTENCY_LOST",
        absl::StrCat("The data of the service '", service_,
                     "' was restored after the consistency token was given, "
                     "and may lack the write that it stands for. Read without "
                     "the token, and repeat the write if it is missing."),
        service_);
  }
  return absl::OkStatus();
}

}  // namespace crm

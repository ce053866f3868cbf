#include "gateway/policy/deadline.h"

#include <algorithm>
#include <optional>
#include <string>

#include "gateway/transcode/grpc_wire.h"
#include "shared/base/errors.h"

namespace crm::gateway {

absl::StatusOr<absl::Duration> CallTimeout(const Headers& headers,
                                           bool streaming) {
  const std::string* text = FindHeader(headers, "grpc-timeout");
  if (text == nullptr) return streaming ? kStreamTimeout : kUnaryTimeout;
  const std::optional<absl::Duration> timeout = ParseGrpcTimeout(*text);
  if (!timeout.has_value()) {
    return InvalidArgument("TIMEOUT_MALFORMED",
                           "The grpc-timeout is no number with a unit, as "
                           "'500m'.");
  }
  return std::min(*timeout, kStreamTimeout);
}

}  // namespace crm::gateway

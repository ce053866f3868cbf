// How long a call may take.

#ifndef CRM_GATEWAY_POLICY_DEADLINE_H_
#define CRM_GATEWAY_POLICY_DEADLINE_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gateway/http/exchange.h"

namespace crm::gateway {

// The time of calls that give none, and the most that any gets.
inline constexpr absl::Duration kUnaryTimeout = absl::Seconds(30);
inline constexpr absl::Duration kStreamTimeout = absl::Hours(1);

// Returns the timeout that `headers` give as `grpc-timeout`, at most
// kStreamTimeout, or the one for calls that give none. Returns INVALID_ARGUMENT
// (TIMEOUT_MALFORMED) for what is no timeout.
absl::StatusOr<absl::Duration> CallTimeout(const Headers& headers,
                                           bool streaming);

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_POLICY_DEADLINE_H_

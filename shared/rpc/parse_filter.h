// Turns the bytes of a request into its message.

#ifndef CRM_SHARED_RPC_PARSE_FILTER_H_
#define CRM_SHARED_RPC_PARSE_FILTER_H_

#include "absl/status/status.h"
#include "shared/call/call.h"

namespace crm {

// Parses each request into the generated message of its method. Thread-safe.
class ParseFilter final : public CallFilter {
 public:
  // Replaces `request_bytes` by `request`. Returns INVALID_ARGUMENT with reason
  // REQUEST_MALFORMED for bytes that are no such message: broken wire format, a
  // string that is not UTF-8, messages nested deeper than 100.
  absl::Status Begin(Call& call) override;
};

}  // namespace crm

#endif  // CRM_SHARED_RPC_PARSE_FILTER_H_

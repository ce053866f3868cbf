// The bytes of a request as its message.

#ifndef CRM_SHARED_CALL_PARSE_REQUEST_H_
#define CRM_SHARED_CALL_PARSE_REQUEST_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "shared/call/method_table.h"

namespace crm {

// Returns the generated message of the method's request type. Returns
// INVALID_ARGUMENT (REQUEST_MALFORMED) for bytes that are no such message:
// broken wire format, a string that is not UTF-8, messages nested deeper than
// 100.
absl::StatusOr<std::unique_ptr<google::protobuf::Message>> ParseRequest(
    const MethodInfo& method, const std::string& bytes);

}  // namespace crm

#endif  // CRM_SHARED_CALL_PARSE_REQUEST_H_

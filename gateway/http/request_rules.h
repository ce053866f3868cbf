// Which requests the edge refuses before anyone looks at what they mean.
//
// There is one way to tell where an HTTP/1.1 message ends, so that nothing
// before or behind the gateway can see other messages than it does: a head with
// two lengths, a folded line or a bare line feed is refused, never repaired.
// All functions are pure.

#ifndef CRM_GATEWAY_HTTP_REQUEST_RULES_H_
#define CRM_GATEWAY_HTTP_REQUEST_RULES_H_

#include <string>

#include "absl/strings/string_view.h"
#include "gateway/http/exchange.h"

namespace crm::gateway {

// Checks the bytes of an HTTP/1.1 request head, up to and with its empty line.
// Returns 0, or the status to refuse it with: 400 for what is malformed or
// ambiguous, 417 for an Expect other than 100-continue, 501 for a transfer
// coding other than chunked, 505 for another version.
int CheckH1Head(absl::string_view head);

// Checks a request of either protocol. Returns 0, or the status to refuse it
// with: 400 for a bad path, authority or header name, 405 for CONNECT and
// TRACE.
int CheckRequest(const RequestHead& head);

// Returns the JSON body of the answer that refuses a request with `status`: a
// google.rpc.Status with code, reason and domain, as every other error has.
std::string RefusalBody(int status);

// Whether a header belongs to one connection and is never passed on. `name` is
// lower case.
bool IsConnectionHeader(absl::string_view name);

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_HTTP_REQUEST_RULES_H_

// Writes answers that the gateway makes itself, in the form of their transport.

#ifndef CRM_GATEWAY_PROXY_ANSWER_H_
#define CRM_GATEWAY_PROXY_ANSWER_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "gateway/http/exchange.h"
#include "shared/observe/trace_context.h"

namespace crm::gateway {

// The header that names the trace of a call in its answer.
inline constexpr char kTraceIdHeader[] = "crm-trace-id";

// Returns the head that gRPC responses of the gateway begin with.
ResponseHead GrpcHead(const TraceContext& trace);

// Ends a gRPC response with `status`; `trailers` are sent before it. One that
// is not `started` is a head alone, by which clients know that they may repeat
// the call (gRPC's trailers-only).
void EndGrpc(ResponseWriter& writer, bool started, const TraceContext& trace,
             const absl::Status& status, Headers trailers = {});

// Returns the headers of a REST response: content type, trace, no caching, no
// sniffing.
Headers RestResponseHeaders(absl::string_view content_type,
                            const TraceContext& trace);

// Answers a REST call with `status` as JSON: the HTTP status of its code, and
// Retry-After, Allow and WWW-Authenticate where they belong. `headers` are sent
// too.
void AnswerRestError(ResponseWriter& writer, const TraceContext& trace,
                     const absl::Status& status, Headers headers = {});

// An exchange that is answered already; it lets go of what still comes.
std::unique_ptr<Exchange> AnsweredExchange();

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_PROXY_ANSWER_H_

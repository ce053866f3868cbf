// Puts answers into the form that REST clients read.

#ifndef CRM_GATEWAY_TRANSCODE_REST_RESPONSE_H_
#define CRM_GATEWAY_TRANSCODE_REST_RESPONSE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gateway/routing/route_table.h"
#include "gateway/transcode/transcoder.h"
#include "google/protobuf/descriptor.h"

namespace crm::gateway {

// Returns the JSON of the serialised response `bytes`, or of the one field of
// it that `route` answers with. Returns what Transcoder::ToJson returns.
absl::StatusOr<std::string> ResponseJson(const Transcoder& transcoder,
                                         const RestRoute& route,
                                         absl::string_view bytes);

// Returns the `etag` of the serialised message `bytes` as a header value,
// quoted as RFC 9110 demands, or "" when the message has none.
std::string EtagHeader(const google::protobuf::Descriptor& type,
                       absl::string_view bytes);

// Returns the HTTP status that stands for `code`, by google/rpc/code.proto.
int HttpStatusOf(absl::StatusCode code);

// HttpStatusOf, but what HTTP has a status of its own for gets that: 405 for
// METHOD_NOT_ALLOWED, 413 for BODY_TOO_LARGE, 415 for CONTENT_TYPE_UNSUPPORTED.
int HttpStatusOf(const absl::Status& status);

// Returns `status` as google.rpc.Status in JSON, details expanded with `@type`.
// A detail whose type is not linked is left out.
std::string ErrorJson(const absl::Status& status);

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_TRANSCODE_REST_RESPONSE_H_

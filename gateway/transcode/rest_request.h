// Weaves the parts of a REST call (path, query, body, headers) into the one
// request message of its method.
//
//   PATCH /v1/customers/ada?updateMask=displayName  {"displayName": "Ada"}
//   -> UpdateCustomerRequest{customer {name: "customers/ada"
//                                      display_name: "Ada"}
//                            update_mask {paths: "display_name"}}

#ifndef CRM_GATEWAY_TRANSCODE_REST_REQUEST_H_
#define CRM_GATEWAY_TRANSCODE_REST_REQUEST_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gateway/routing/route_table.h"
#include "gateway/transcode/transcoder.h"
#include "google/protobuf/message.h"

namespace crm::gateway {

// The largest body of a REST call, in bytes.
inline constexpr size_t kMaxRestBodyBytes = 1024 * 1024;

// What a REST call says besides its path. The texts must outlive the call that
// reads them.
struct RestParts {
  // What follows the question mark.
  absl::string_view query = "";
  absl::string_view body = "";
  // The headers If-Match and Idempotency-Key, or "".
  absl::string_view if_match = "";
  absl::string_view idempotency_key = "";
};

// Returns the request of `match`'s method, serialised. `prototype` is an
// instance of the request message.
//
// The path wins over the body. A parameter of the query may name any field that
// neither path nor body hold, in either spelling; repeated fields take several.
// `if_match` fills the request's `etag`, else that of the resource in the body;
// `idempotency_key` fills `request_id`; what the body says wins.
//
// Returns INVALID_ARGUMENT that lists all bad parameters (BAD_REQUEST), or what
// ParseQuery and Transcoder::FromJson return.
absl::StatusOr<std::string> WeaveRequest(
    const Transcoder& transcoder, const RestMatch& match,
    const RestParts& parts, const google::protobuf::Message& prototype);

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_TRANSCODE_REST_REQUEST_H_

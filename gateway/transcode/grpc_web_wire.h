// How gRPC-Web writes what HTTP/2 gives gRPC and browsers do not let through:
// trailers, as one more frame of the body, and all bytes as base64 for clients
// that read text alone. Messages are framed as in gRPC.
//
// Source: the gRPC-Web protocol of the grpc project (PROTOCOL-WEB).

#ifndef CRM_GATEWAY_TRANSCODE_GRPC_WEB_WIRE_H_
#define CRM_GATEWAY_TRANSCODE_GRPC_WEB_WIRE_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gateway/transcode/grpc_wire.h"

namespace crm::gateway {

// What a content type of gRPC-Web says.
struct GrpcWebType {
  // Whether the body is base64.
  bool text = false;
  // What the messages are written in, as `+proto`; empty where it is not said.
  std::string codec = {};

  friend bool operator==(const GrpcWebType&, const GrpcWebType&) = default;
};

// Returns what `content_type` says, or nothing for one of another protocol.
// Parameters behind a semicolon do not count.
std::optional<GrpcWebType> ParseGrpcWebType(absl::string_view content_type);

// Returns the content type of an answer to a request of `type`.
std::string GrpcWebContentType(const GrpcWebType& type);

// Returns the frame that carries `trailers`: a line for each. A line break
// within a value, which would begin a line of its own, is sent as a blank.
std::string GrpcWebTrailersFrame(const GrpcTrailers& trailers);

// Decodes base64 that arrives in pieces, and whose pieces may each have been
// padded. Thread-compatible.
class Base64Reader {
 public:
  // Returns the bytes that are whole with `chunk`. Returns INVALID_ARGUMENT
  // (BASE64_MALFORMED) for what is no base64.
  absl::StatusOr<std::string> Append(absl::string_view chunk);

  // Whether nothing is left over that is less than three bytes.
  bool empty() const { return rest_.empty(); }

 private:
  // What has arrived of a group of four characters.
  std::string rest_;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_TRANSCODE_GRPC_WEB_WIRE_H_

// How gRPC writes things in HTTP/2: message frames, timeouts, and a status in
// trailers. The gateway speaks it itself where it does not pass bytes through.

#ifndef CRM_GATEWAY_TRANSCODE_GRPC_WIRE_H_
#define CRM_GATEWAY_TRANSCODE_GRPC_WIRE_H_

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace crm::gateway {

// The largest message, in bytes.
inline constexpr size_t kMaxGrpcMessageBytes = 4 * 1024 * 1024;

// Returns `message` behind its five bytes of frame: not compressed, length.
std::string GrpcFrame(absl::string_view message);

// Puts messages together from pieces of a body. Thread-compatible.
class GrpcFrameReader {
 public:
  void Append(absl::string_view chunk) {
    buffer_.append(chunk.data(), chunk.size());
  }

  // Returns the next complete message, or nothing until more is appended.
  // Returns RESOURCE_EXHAUSTED (MESSAGE_TOO_LARGE) for one beyond
  // kMaxGrpcMessageBytes, UNIMPLEMENTED (COMPRESSION_UNSUPPORTED) for a
  // compressed one.
  absl::StatusOr<std::optional<std::string>> Next();

  // Returns whether no piece of a message is left over.
  bool empty() const { return at_ == buffer_.size(); }

 private:
  std::string buffer_;
  // What has been read of the buffer.
  size_t at_ = 0;
};

// Names and values as they stand in trailers.
using GrpcTrailers = std::vector<std::pair<std::string, std::string>>;

// Returns grpc-status, and grpc-message and grpc-status-details-bin where there
// is something to say.
GrpcTrailers StatusTrailers(const absl::Status& status);

// Returns the status that trailers give; each argument is null when the trailer
// is absent. Details are taken over. Without a grpc-status, or with one that is
// no number, the status is UNKNOWN (GRPC_STATUS_MISSING).
absl::Status StatusFromTrailers(const std::string* grpc_status,
                                const std::string* grpc_message,
                                const std::string* details);

// Reads and writes the `grpc-timeout` header, as `250m`. ParseGrpcTimeout
// returns nothing for what is malformed.
std::optional<absl::Duration> ParseGrpcTimeout(absl::string_view text);
std::string FormatGrpcTimeout(absl::Duration timeout);

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_TRANSCODE_GRPC_WIRE_H_

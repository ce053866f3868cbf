// Turns JSON into a message's bytes and back.

#ifndef CRM_GATEWAY_TRANSCODE_TRANSCODER_H_
#define CRM_GATEWAY_TRANSCODE_TRANSCODER_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"

namespace crm::gateway {

// Converts between canonical protobuf JSON and the wire format. Thread-safe.
class Transcoder {
 public:
  virtual ~Transcoder() = default;

  // Returns the message `type` that the object `json` describes, serialised.
  // `field` is the path of that message in the request, "" for the request
  // itself. Returns INVALID_ARGUMENT (BAD_JSON, or BAD_REQUEST with violations)
  // for what is not such an object.
  virtual absl::StatusOr<std::string> FromJson(
      const google::protobuf::Descriptor& type, absl::string_view json,
      absl::string_view field) const = 0;

  // Returns the JSON of the serialised message `bytes`: enums by name, 64-bit
  // numbers as strings, fields with default values left out. Returns INTERNAL
  // (BAD_MESSAGE) when `bytes` are no such message.
  virtual absl::StatusOr<std::string> ToJson(
      const google::protobuf::Descriptor& type,
      absl::string_view bytes) const = 0;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_TRANSCODE_TRANSCODER_H_

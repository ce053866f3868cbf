// Checks JSON from outside before anything else reads it: its form, its size,
// and whether its keys are fields of the message it stands for.

#ifndef CRM_GATEWAY_TRANSCODE_JSON_CHECK_H_
#define CRM_GATEWAY_TRANSCODE_JSON_CHECK_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"

namespace crm::gateway {

// The deepest nesting of objects and arrays, and the most keys and values.
inline constexpr int kMaxJsonDepth = 32;
inline constexpr int kMaxJsonTokens = 100'000;

// Checks that `json` is one object for the message `type`. `field` is the path
// of that message in the request, "" for the request itself; violations start
// with it.
//
// Returns INVALID_ARGUMENT: with reason BAD_JSON and the position for what is
// not RFC 8259 or beyond a limit, and with reason BAD_REQUEST listing (up to
// 100) keys that are no field, or that name one field twice, also by its two
// spellings (`displayName`, `display_name`).
absl::Status CheckJson(absl::string_view json,
                       const google::protobuf::Descriptor& type,
                       absl::string_view field = "");

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_TRANSCODE_JSON_CHECK_H_

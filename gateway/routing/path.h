// Takes the path of an HTTP request apart, strictly: what two readers could
// understand differently is refused.

#ifndef CRM_GATEWAY_ROUTING_PATH_H_
#define CRM_GATEWAY_ROUTING_PATH_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace crm::gateway {

// The longest path that is looked at, in bytes, and the most segments.
inline constexpr size_t kMaxPathBytes = 4096;
inline constexpr size_t kMaxPathSegments = 32;

// A request's path.
//
//   /v1/leads/a%2Fb:convert -> segments {"v1", "leads", "a/b"}, verb "convert"
struct RequestPath {
  // The segments, percent-decoded.
  std::vector<std::string> segments;
  // What follows the last colon of the last segment, or "" without a colon. An
  // encoded colon (%3A) is a plain character.
  std::string verb;
};

// Returns `text` with percent-encoded octets decoded. With `plus_is_space`, as
// in queries, '+' becomes a space. Returns INVALID_ARGUMENT (BAD_URL) for an
// incomplete or non-hexadecimal escape, a control character, or what is not
// UTF-8 after decoding.
absl::StatusOr<std::string> PercentDecode(absl::string_view text,
                                          bool plus_is_space = false);

// Parses `path`, which has no query. Returns INVALID_ARGUMENT (BAD_URL) for
// what PercentDecode refuses, for empty, "." and ".." segments, and beyond the
// limits above.
absl::StatusOr<RequestPath> ParsePath(absl::string_view path);

// Returns whether `text` is valid UTF-8: shortest forms, no surrogates, nothing
// beyond U+10FFFF.
bool IsUtf8(absl::string_view text);

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_ROUTING_PATH_H_

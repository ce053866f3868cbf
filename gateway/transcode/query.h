// The query of a URL, as names and values.

#ifndef CRM_GATEWAY_TRANSCODE_QUERY_H_
#define CRM_GATEWAY_TRANSCODE_QUERY_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace crm::gateway {

// The longest query, in bytes, and the most parameters.
inline constexpr size_t kMaxQueryBytes = 16 * 1024;
inline constexpr size_t kMaxQueryParameters = 1000;

// Names and values in the order of the URL, decoded.
using QueryParameters = std::vector<std::pair<std::string, std::string>>;

// Parses `query`, what follows the question mark; '+' is a space. A name
// without
// '=' has the value "". Returns INVALID_ARGUMENT (BAD_URL) for a malformed
// escape, an empty name, and beyond the limits above.
absl::StatusOr<QueryParameters> ParseQuery(absl::string_view query);

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_TRANSCODE_QUERY_H_

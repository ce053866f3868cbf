// The text of a filter while it is being read, and where in it an error is.

#ifndef CRM_SHARED_QUERY_FILTER_SOURCE_H_
#define CRM_SHARED_QUERY_FILTER_SOURCE_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace crm {

// The text and the name of the request field that it came in.
struct FilterSource {
  absl::string_view text;
  absl::string_view field;

  // Returns INVALID_ARGUMENT with a violation of `field`: `description`, a
  // sentence without its full stop, "at column N". Columns count characters
  // from 1.
  absl::Status ErrorAt(size_t offset, absl::string_view description) const;
};

// Returns `text` in single quotes, fit for a message: cut if long, without
// control characters.
std::string Quoted(absl::string_view text);

}  // namespace crm

#endif  // CRM_SHARED_QUERY_FILTER_SOURCE_H_

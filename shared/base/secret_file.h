// Reads small files whole, and refuses secrets that everybody may read.

#ifndef CRM_SHARED_BASE_SECRET_FILE_H_
#define CRM_SHARED_BASE_SECRET_FILE_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace crm {

// Returns what is in `path`. Returns FAILED_PRECONDITION (FILE_UNREADABLE) if
// it cannot be read, and (FILE_TOO_LARGE) beyond `max_bytes`.
absl::StatusOr<std::string> ReadWholeFile(absl::string_view path,
                                          size_t max_bytes);

// Returns OK unless the file `path` exists and every user of the machine may
// read or write it: FAILED_PRECONDITION (FILE_NOT_PRIVATE).
absl::Status CheckPrivate(absl::string_view path);

// ReadWholeFile() of a file that passes CheckPrivate().
absl::StatusOr<std::string> ReadSecretFile(absl::string_view path,
                                           size_t max_bytes);

}  // namespace crm

#endif  // CRM_SHARED_BASE_SECRET_FILE_H_

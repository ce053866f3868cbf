// Digests of files, read piece by piece.

#ifndef CRM_SHARED_BASE_FILE_DIGEST_H_
#define CRM_SHARED_BASE_FILE_DIGEST_H_

#include <string>

#include "absl/status/statusor.h"

namespace crm {

// Returns the SHA-256 of the file's bytes, 32 bytes. Returns NOT_FOUND
// (FILE_MISSING) if it cannot be opened, and UNAVAILABLE (FILE_UNREADABLE) if
// it cannot be read to its end. Thread-safe.
absl::StatusOr<std::string> Sha256OfFile(const std::string& path);

}  // namespace crm

#endif  // CRM_SHARED_BASE_FILE_DIGEST_H_

// Fetches a small document from where its address says, over TLS.

#ifndef CRM_SHARED_AUTH_JWKS_HTTPS_GET_H_
#define CRM_SHARED_AUTH_JWKS_HTTPS_GET_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace crm {

// The bounds of one fetch.
struct HttpsGetOptions {
  absl::Duration timeout = absl::Seconds(2);
  size_t max_bytes = size_t{64} << 10;
  // A file of certificates of the authorities that are trusted; the system's
  // where it is empty.
  std::string ca_file = {};
};

// Returns INVALID_ARGUMENT (BAD_URL) unless `url` is https, or http to this
// machine's own loopback, without user and password.
absl::Status CheckFetchable(absl::string_view url);

// Returns the body of the answer. Follows no redirect and takes no answer but
// 200. Blocks for at most the timeout. Returns BAD_URL as above, and
// UNAVAILABLE (FETCH_FAILED) that says why nothing usable came.
absl::StatusOr<std::string> HttpsGet(const std::string& url,
                                     const HttpsGetOptions& options);

}  // namespace crm

#endif  // CRM_SHARED_AUTH_JWKS_HTTPS_GET_H_

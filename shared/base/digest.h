// Hashes and authenticators over bytes, computed by OpenSSL. Pure functions.

#ifndef CRM_SHARED_BASE_DIGEST_H_
#define CRM_SHARED_BASE_DIGEST_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace crm {

// Returns the 32 bytes of SHA-256 of `data`.
std::string Sha256(absl::string_view data);

// Returns the 32 bytes of HMAC-SHA-256 of `data` under `key`.
std::string HmacSha256(absl::string_view key, absl::string_view data);

// Returns whether `a` equals `b`, in a time that depends on their length only.
bool ConstantTimeEqual(absl::string_view a, absl::string_view b);

// Returns the first 8 bytes of SHA-256 of `data` as a number: a stable hash,
// equal on every machine and in every version, as for event partitions.
uint64_t StableHash(absl::string_view data);

}  // namespace crm

#endif  // CRM_SHARED_BASE_DIGEST_H_

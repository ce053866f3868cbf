// Makes identifiers: UUIDv7 values written as 26 characters of base32hex, which
// sort by the time they were made, and the checks for ids that callers choose.

#ifndef CRM_SHARED_BASE_IDS_H_
#define CRM_SHARED_BASE_IDS_H_

#include <array>
#include <cstdint>
#include <mutex>
#include <random>
#include <string>

#include "absl/strings/string_view.h"
#include "shared/base/clock.h"

namespace crm {

// Makes ids. Thread-safe.
class IdMaker {
 public:
  // Draws randomness from the operating system.
  explicit IdMaker(const Clock& clock);

  // Draws randomness from `seed`, so that a test sees the same ids each time.
  IdMaker(const Clock& clock, uint64_t seed);

  // Returns a new id: a UUIDv7 (RFC 9562) in lower-case base32hex without
  // padding. Ids of one maker never repeat and grow strictly, also within one
  // millisecond and when the wall clock is set back.
  std::string NewId();

 private:
  const Clock& clock_;
  std::mutex mutex_;
  std::mt19937_64 random_;
  int64_t last_millis_ = 0;
  // The 74 bits after the time: counter first, so that ids grow.
  uint64_t counter_ = 0;
};

// Returns whether `id` is one that a caller may choose:
// `[a-z][a-z0-9-]{0,61}[a-z0-9]` (2 to 63 characters).
bool IsCallerId(absl::string_view id);

// Returns whether `id` may stand in a resource name: a caller's id or one of
// NewId's form.
bool IsResourceId(absl::string_view id);

// Returns whether `tenant` is a tenant id: `[a-z0-9-]{1,40}`.
bool IsTenantId(absl::string_view tenant);

// Returns `bytes` in lower-case base32hex (RFC 4648) without padding.
std::string Base32Hex(absl::string_view bytes);

}  // namespace crm

#endif  // CRM_SHARED_BASE_IDS_H_

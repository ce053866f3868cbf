// Checkpoints of audit chains: signed statements of how far each has come, kept
// elsewhere than the chain. Without one, cutting off the end of a chain leaves
// no trace.
//
//   {"service":"operational","tenant":"acme","n":42,"hash":"9f..","time":"2026-
//    11-27T13:00:00Z","key":"<id>","signature":"<base64url>"}     (on one line)

#ifndef CRM_SHARED_RESOURCE_AUDIT_CHECKPOINT_H_
#define CRM_SHARED_RESOURCE_AUDIT_CHECKPOINT_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "shared/auth/key_set.h"
#include "shared/auth/private_key.h"

namespace crm {

// The issuer by which keys of checkpoints are known in a key set.
inline constexpr absl::string_view kAuditIssuer = "crm-audit";

struct Checkpoint {
  std::string service;
  std::string tenant;
  int64_t n = 0;
  // 32 bytes.
  std::string hash;
  // RFC 3339, for people.
  std::string time;
  // The id of the key, its thumbprint.
  std::string key_id;
  std::string signature;
};

// Signs what `checkpoint` says.
void SignCheckpoint(const PrivateKey& key, Checkpoint& checkpoint);

// Returns OK if a key of kAuditIssuer in `keys` has signed `checkpoint`, else
// UNAUTHENTICATED (CHECKPOINT_KEY for a key that is not there,
// CHECKPOINT_SIGNATURE).
absl::Status VerifyCheckpoint(const Checkpoint& checkpoint, const KeySet& keys);

// Returns `checkpoint` as one line of JSON, without the line's end, and back.
// Returns INVALID_ARGUMENT (BAD_CHECKPOINT) for a line that is none.
std::string FormatCheckpoint(const Checkpoint& checkpoint);
absl::StatusOr<Checkpoint> ParseCheckpoint(absl::string_view line);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_AUDIT_CHECKPOINT_H_

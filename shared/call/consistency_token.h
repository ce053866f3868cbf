// Consistency tokens: what a mutation hands out so that a later read never sees
// an older state (DESIGN, "Contract"). Travels as metadata `crm-token`.
//
// A token names a service, the epoch of its feed, and for up to 16 ordering
// keys the version that the mutation made. It is authenticated: a caller can
// neither make one nor change one. Pure functions, thread-safe.

#ifndef CRM_SHARED_CALL_CONSISTENCY_TOKEN_H_
#define CRM_SHARED_CALL_CONSISTENCY_TOKEN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace crm {

// The metadata that carries tokens, in both directions.
inline constexpr char kConsistencyTokenMetadata[] = "crm-token";
// The most ordering keys of one token.
inline constexpr size_t kMaxTokenKeys = 16;

// What a token says.
struct ConsistencyToken {
  // An ordering key, hashed with its tenant, and the version to wait for.
  struct Key {
    uint64_t key_hash = 0;
    int64_t key_version = 0;
    // Whether it decides on access: a service that copies users, teams, roles
    // and revocations must have come as far.
    bool directory = false;
  };

  std::string service;
  int64_t feed_epoch = 0;
  std::vector<Key> keys;

  // Returns the version that `tenant`'s `ordering_key` must have reached, or 0
  // if the token says nothing of it.
  int64_t VersionOf(absl::string_view tenant,
                    absl::string_view ordering_key) const;
};

// Returns the hash by which tokens name an ordering key.
uint64_t OrderingKeyHash(absl::string_view tenant,
                         absl::string_view ordering_key);

// Returns the token as URL-safe text, authenticated under `secret`. Keys beyond
// kMaxTokenKeys are left out.
std::string EncodeConsistencyToken(const ConsistencyToken& token,
                                   absl::string_view secret);

// Returns what `text` says, or INVALID_ARGUMENT (CONSISTENCY_TOKEN_INVALID)
// unless it was made under `secret`.
absl::StatusOr<ConsistencyToken> DecodeConsistencyToken(
    absl::string_view text, absl::string_view secret);

}  // namespace crm

#endif  // CRM_SHARED_CALL_CONSISTENCY_TOKEN_H_

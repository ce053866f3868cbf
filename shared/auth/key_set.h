// The keys that tokens are checked with: a JSON Web Key Set (RFC 7517) in which
// each key also names its issuer.
//
//   {"keys": [{"iss": "https://login.example.com", "kid": "2024-1",
//              "alg": "EdDSA", "kty": "OKP", "crv": "Ed25519", "x": "..."}]}
//
// A key checks the tokens of its own issuer only, and only with its algorithm.

#ifndef CRM_SHARED_AUTH_KEY_SET_H_
#define CRM_SHARED_AUTH_KEY_SET_H_

#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "shared/auth/public_key.h"

namespace crm {

// The largest text of a key set, and the most keys in one.
inline constexpr size_t kMaxKeySetBytes = 64 * 1024;
inline constexpr size_t kMaxKeys = 100;

// Keys by issuer and id. Immutable.
class KeySet {
 public:
  // Reads a set. Keys for other uses than signing, and of types or algorithms
  // that are not accepted, are left out, as RFC 7517 asks. Returns
  // INVALID_ARGUMENT (BAD_KEY_SET, BAD_KEY) if anything is malformed, too
  // large, named twice, weak or secret: then no key is taken.
  static absl::StatusOr<KeySet> Parse(absl::string_view text);

  // Reads a set as `issuer` publishes it, in which no key names its issuer.
  // Keys without an id are left out; those without an algorithm are for RS256,
  // ES256 or EdDSA by their type. Errors as above.
  static absl::StatusOr<KeySet> ParseOf(absl::string_view issuer,
                                        absl::string_view text);

  // Returns the keys of all `sets`; of two keys with one issuer and id, the one
  // of the first set.
  static KeySet Joined(std::span<const std::shared_ptr<const KeySet>> sets);

  // Returns the key `key_id` of `issuer`, or null without one.
  const PublicKey* Find(absl::string_view issuer,
                        absl::string_view key_id) const;

  size_t size() const { return keys_.size(); }

 private:
  absl::Status Add(const std::string& issuer, const std::string& key_id,
                   const nlohmann::json& entry, JwtAlgorithm algorithm);

  std::map<std::pair<std::string, std::string>,
           std::shared_ptr<const PublicKey>>
      keys_;
};

}  // namespace crm

#endif  // CRM_SHARED_AUTH_KEY_SET_H_

// Public keys that signatures of tokens are checked with, each bound to one
// algorithm, and read from one entry of a JSON Web Key Set (RFC 7517).

#ifndef CRM_SHARED_AUTH_PUBLIC_KEY_H_
#define CRM_SHARED_AUTH_PUBLIC_KEY_H_

#include <openssl/evp.h>

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace crm {

// The algorithms that are accepted (RFC 7518, RFC 8037). Those with a shared
// secret, and `none`, have no name here.
enum class JwtAlgorithm { kRs256, kPs256, kEs256, kEdDsa };

// Returns the algorithm called `name`, or nothing if it is not accepted.
std::optional<JwtAlgorithm> FindJwtAlgorithm(absl::string_view name);

// Frees keys of OpenSSL.
struct FreeEvpKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using EvpKey = std::unique_ptr<EVP_PKEY, FreeEvpKey>;

// A key and the one algorithm it is for. Immutable.
class PublicKey {
 public:
  // Reads the key parameters of `entry`, which is for `algorithm`. Returns
  // INVALID_ARGUMENT (BAD_KEY) if they are malformed, do not fit the algorithm,
  // are weak (RSA below 2048 bits), or hold a private key.
  static absl::StatusOr<PublicKey> FromJwk(const nlohmann::json& entry,
                                           JwtAlgorithm algorithm);

  JwtAlgorithm algorithm() const { return algorithm_; }

  // Returns whether `signature`, in the form of a token, is this key's over
  // `data`.
  bool Verify(absl::string_view data, absl::string_view signature) const;

 private:
  PublicKey(JwtAlgorithm algorithm, EvpKey key)
      : algorithm_(algorithm), key_(std::move(key)) {}

  JwtAlgorithm algorithm_;
  EvpKey key_;
};

}  // namespace crm

#endif  // CRM_SHARED_AUTH_PUBLIC_KEY_H_

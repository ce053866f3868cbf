// Makes keys and tokens for the tests of the verifier, also those that no
// honest issuer would make.

#ifndef CRM_TESTS_SHARED_AUTH_TOKEN_FORGE_H_
#define CRM_TESTS_SHARED_AUTH_TOKEN_FORGE_H_

#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/string_view.h"
#include "shared/auth/public_key.h"

namespace crm::testing {

// A key pair of any type. Immutable.
class ForgeKey {
 public:
  static ForgeKey Rsa(int bits);
  static ForgeKey P256();
  static ForgeKey Ed25519();

  // Returns the entry of a key set for the public half.
  nlohmann::json Jwk(absl::string_view issuer, absl::string_view key_id,
                     absl::string_view algorithm) const;

  // Returns the signature of `data` by RS256, PS256, ES256 or EdDSA, in the
  // form of a token.
  std::string Sign(absl::string_view algorithm, absl::string_view data) const;

  // Returns the public half in PEM.
  std::string PublicPem() const;

 private:
  explicit ForgeKey(EVP_PKEY* key) : key_(key) {}

  EvpKey key_;
};

// Returns `header` and `claims` as the first two segments of a token.
std::string SignedText(absl::string_view header, absl::string_view claims);

// Returns a token of `header` and `claims`, signed by `key` with `algorithm`.
std::string Forge(const ForgeKey& key, absl::string_view algorithm,
                  absl::string_view header, absl::string_view claims);

// Holds a file of its own in the folder of temporary files, removed at the end.
class ScratchFile {
 public:
  ScratchFile();
  ~ScratchFile();
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;

  // Replaces the file by one that holds `text`.
  void Write(absl::string_view text) const;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace crm::testing

#endif  // CRM_TESTS_SHARED_AUTH_TOKEN_FORGE_H_

// The private half of an Ed25519 key: made here, kept in a PEM file of mode
// 0400, and used to sign tokens.

#ifndef CRM_SHARED_AUTH_PRIVATE_KEY_H_
#define CRM_SHARED_AUTH_PRIVATE_KEY_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "shared/auth/public_key.h"

namespace crm {

// A key that signs. Immutable.
class PrivateKey {
 public:
  // Makes a new key from the operating system's randomness. Returns INTERNAL
  // (KEY_FAILURE) if OpenSSL cannot.
  static absl::StatusOr<PrivateKey> Generate();

  // Reads the key in PEM file `path`. Returns FAILED_PRECONDITION
  // (KEY_FILE_UNREADABLE) unless that holds an unencrypted Ed25519 key, and
  // (FILE_NOT_PRIVATE) if every user of the machine may read it.
  static absl::StatusOr<PrivateKey> ReadFile(absl::string_view path);

  // Writes the key to a new file `path` of mode 0400. Returns
  // FAILED_PRECONDITION (KEY_FILE_EXISTS) rather than replace a file, and
  // (KEY_FILE_UNWRITABLE) if it cannot be written.
  absl::Status WriteFile(absl::string_view path) const;

  // Returns the 64 bytes of the signature of `data`.
  std::string Sign(absl::string_view data) const;

  // Returns the 32 bytes of the public key.
  std::string PublicBytes() const;

  // Returns an id that follows from the key: its JWK thumbprint (RFC 7638).
  std::string Thumbprint() const;

 private:
  explicit PrivateKey(EvpKey key) : key_(std::move(key)) {}

  EvpKey key_;
};

// Adds the public half of `key`, named `key_id`, as a key of `issuer` to the
// key set in file `path`, which is made if it does not exist; readers see the
// old set or the new one. Returns ALREADY_EXISTS (KEY_EXISTS) if the issuer has
// a key of that id, INVALID_ARGUMENT as KeySet::Parse if the set there is
// malformed or becomes so, FAILED_PRECONDITION (KEY_FILE_UNWRITABLE) if it
// cannot be written.
absl::Status AddToKeySetFile(absl::string_view path, absl::string_view issuer,
                             absl::string_view key_id, const PrivateKey& key);

}  // namespace crm

#endif  // CRM_SHARED_AUTH_PRIVATE_KEY_H_

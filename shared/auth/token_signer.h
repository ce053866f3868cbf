// Issues tokens: for users by the development issuer, and for the suite's own
// processes, which prove by them who they are.

#ifndef CRM_SHARED_AUTH_TOKEN_SIGNER_H_
#define CRM_SHARED_AUTH_TOKEN_SIGNER_H_

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shared/auth/private_key.h"
#include "shared/base/clock.h"

namespace crm {

// Whom a token is for.
struct TokenSubject {
  std::string tenant;
  std::string subject;
  std::vector<std::string> roles = {};
  // The customer that bounds the token; none if it is empty.
  std::string customer = {};
  // The session that the token belongs to; none if it is empty.
  std::string session_id = {};
};

// Signs tokens of one issuer with its Ed25519 key. Thread-safe.
class TokenSigner {
 public:
  // `key_id` names the key in the key set; if it is empty, the key's thumbprint
  // does. `clock` stays the caller's.
  TokenSigner(PrivateKey key, absl::string_view issuer,
              absl::string_view key_id, absl::string_view audience,
              const Clock& clock);

  // Returns a token that is valid from now for `lifetime`. Its claims are named
  // as TokenRules names them by default.
  std::string Sign(const TokenSubject& subject, absl::Duration lifetime) const;

 private:
  PrivateKey key_;
  std::string issuer_;
  std::string key_id_;
  std::string audience_;
  const Clock& clock_;
};

// The system tokens of one process: each lives for five minutes and is used for
// four. Thread-safe.
class SystemTokenSource {
 public:
  // Signs with the key in file `key_file`, whose thumbprint is its id in the
  // key set, for the process `program`: the subject is `system:<program>`.
  // `clock` stays the caller's. Returns what PrivateKey::ReadFile returns.
  static absl::StatusOr<std::unique_ptr<SystemTokenSource>> Open(
      absl::string_view key_file, absl::string_view audience,
      absl::string_view program, const Clock& clock);

  SystemTokenSource(TokenSigner signer, absl::string_view program,
                    const Clock& clock);

  // Returns a token with at least a minute to live.
  std::string Token();

 private:
  const TokenSigner signer_;
  const std::string program_;
  const Clock& clock_;
  std::mutex mutex_;
  std::string token_;
  // When the next one is signed, by both clocks: the token counts by the wall
  // clock, which may be set back.
  absl::Time renew_wall_;
  absl::Duration renew_monotonic_;
};

}  // namespace crm

#endif  // CRM_SHARED_AUTH_TOKEN_SIGNER_H_

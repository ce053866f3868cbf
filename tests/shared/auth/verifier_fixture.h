// What the tests of the verifier share: keys, good claims, and a verifier.

#ifndef CRM_TESTS_SHARED_AUTH_VERIFIER_FIXTURE_H_
#define CRM_TESTS_SHARED_AUTH_VERIFIER_FIXTURE_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "shared/auth/key_set_file.h"
#include "shared/auth/token_verifier.h"
#include "tests/shared/auth/token_forge.h"
#include "tests/support/matchers.h"

namespace crm::testing {

using ::nlohmann::json;

inline constexpr int64_t kNow = 1'700'000'000;

// Matches UNAUTHENTICATED for `reason`.
MATCHER_P(IsRefusedFor, reason, "") {
  return ::testing::ExplainMatchResult(
      StatusIs(absl::StatusCode::kUnauthenticated, reason), arg,
      result_listener);
}

// Keys that are costly to make, made once.
inline const ForgeKey& Rsa() {
  static const ForgeKey key = ForgeKey::Rsa(2048);
  return key;
}
inline const ForgeKey& P256() {
  static const ForgeKey key = ForgeKey::P256();
  return key;
}
inline const ForgeKey& Ed25519() {
  static const ForgeKey key = ForgeKey::Ed25519();
  return key;
}

// The parts of a good token, and ways to spoil them.
inline json Header(const std::string& algorithm = "EdDSA",
                   const std::string& key_id = "ed") {
  return {{"alg", algorithm}, {"kid", key_id}, {"typ", "at+jwt"}};
}

inline json Claims() {
  return {{"iss", "idp"},
          {"aud", "crm"},
          {"sub", "user:ada"},
          {"iat", kNow},
          {"exp", kNow + 600},
          {"crm_tenant", "acme"},
          {"crm_roles", {"sales_rep"}}};
}

inline json SystemClaims() {
  json claims = Claims();
  claims["iss"] = kServicesIssuer;
  claims["crm_tenant"] = "system";
  claims["crm_roles"] = {"system"};
  return claims;
}

inline json With(json object, const char* name, json value) {
  object[name] = std::move(value);
  return object;
}

inline json Without(json object, const char* name) {
  object.erase(name);
  return object;
}

inline std::string Token(const json& claims) {
  return Forge(Ed25519(), "EdDSA", Header().dump(), claims.dump());
}

inline std::string TokenWithHeader(const json& header) {
  return Forge(Ed25519(), "EdDSA", header.dump(), Claims().dump());
}

// A verifier, the keys it knows, and a clock that stands at kNow.
class VerifierFixture : public ::testing::Test {
 protected:
  VerifierFixture() {
    WriteKeys({Rsa().Jwk("idp", "rs", "RS256"), Rsa().Jwk("idp", "ps", "PS256"),
               P256().Jwk("idp", "es", "ES256"),
               Ed25519().Jwk("idp", "ed", "EdDSA"),
               Ed25519().Jwk(kServicesIssuer, "ed", "EdDSA"),
               P256().Jwk("other-idp", "theirs", "ES256")});
    keys_ = *KeySetFile::Open(file_.path(), clock_);
    verifier_ = std::make_unique<TokenVerifier>(
        TokenRules{.issuers = {"idp", "other-idp"}, .audience = "crm"}, *keys_,
        clock_);
  }

  void WriteKeys(const std::vector<json>& entries) {
    file_.Write(json{{"keys", entries}}.dump());
  }

  absl::StatusOr<Principal> Verify(absl::string_view token) {
    return verifier_->Verify(token);
  }

  FakeClock clock_{absl::FromUnixSeconds(kNow)};
  ScratchFile file_;
  std::unique_ptr<KeySetFile> keys_;
  std::unique_ptr<TokenVerifier> verifier_;
};

}  // namespace crm::testing

#endif  // CRM_TESTS_SHARED_AUTH_VERIFIER_FIXTURE_H_

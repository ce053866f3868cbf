// Decides who a caller is: checks a JSON Web Token and returns its principal.
//
// Every service verifies every token; none trusts the gateway. A token is taken
// only if a key of its own issuer, known by the key set, signed it with the
// algorithm that the key is bound to. Nothing in a token can bring a key along.

#ifndef CRM_SHARED_AUTH_TOKEN_VERIFIER_H_
#define CRM_SHARED_AUTH_TOKEN_VERIFIER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shared/auth/key_source.h"
#include "shared/auth/token.h"
#include "shared/auth/token_cache.h"
#include "shared/base/clock.h"
#include "shared/call/principal.h"

namespace crm {

// The issuer of the tokens by which the suite's own processes call each other,
// the role and the tenant that such tokens name, and their lifetime.
inline constexpr char kServicesIssuer[] = "crm-services";
inline constexpr char kSystemRole[] = "system";
inline constexpr char kSystemTenant[] = "system";
inline constexpr absl::Duration kSystemTokenLifetime = absl::Minutes(5);

// Which tokens are accepted.
struct TokenRules {
  // The issuers of users' tokens, compared exactly.
  std::vector<std::string> issuers;
  // The issuer of system tokens; empty if none is accepted.
  std::string services_issuer = kServicesIssuer;
  // Whom a token must be for.
  std::string audience;
  // The media type in the header. An ID token has another one.
  std::string type = "at+jwt";
  // The claims that hold the tenant (text) and the roles (array of texts).
  std::string tenant_claim = "crm_tenant";
  std::string roles_claim = "crm_roles";
  // The claim that names the customer whose token it is (text, optional).
  std::string customer_claim = "crm_customer";
  // How far the clocks of issuer and verifier may be apart.
  absl::Duration leeway = absl::Seconds(60);
  // The longest time from issue to expiry.
  absl::Duration max_lifetime = absl::Hours(1);
  // How long a verified token is remembered, and how many are.
  absl::Duration cache_time = absl::Minutes(5);
  size_t cache_capacity = 10'000;
};

// Verifies tokens. Thread-safe.
class TokenVerifier {
 public:
  // `keys` and `clock` stay the caller's.
  TokenVerifier(TokenRules rules, KeySource& keys, const Clock& clock);

  // Returns whose token it is. `system` is set for a token of the services
  // issuer; it must name the system role and tenant, and no other token may.
  //
  // Returns UNAUTHENTICATED:
  // * TOKEN_MISSING if `token` is empty;
  // * TOKEN_MALFORMED, TOKEN_ALGORITHM, TOKEN_HEADER as ParseToken;
  // * TOKEN_TYPE, TOKEN_ISSUER, TOKEN_AUDIENCE if it is for something else;
  // * TOKEN_KEY if the issuer has no key of that id and algorithm;
  // * TOKEN_SIGNATURE if the key did not sign it;
  // * TOKEN_EXPIRED, TOKEN_NOT_YET_VALID, TOKEN_LIFETIME by its times;
  // * TOKEN_SUBJECT, TOKEN_SESSION, TOKEN_TENANT, TOKEN_ROLES, TOKEN_CUSTOMER
  //   if it does not say properly who the caller is.
  absl::StatusOr<Principal> Verify(absl::string_view token) const;

 private:
  // What a token says once its signature is checked.
  struct Verified {
    Principal principal;
    absl::Time expiry;
  };

  absl::StatusOr<Verified> VerifyUncached(absl::string_view token,
                                          const KeySet& keys,
                                          absl::Time now) const;
  absl::StatusOr<absl::Time> CheckTimes(const nlohmann::json& claims,
                                        absl::Time now) const;
  absl::StatusOr<Principal> ReadPrincipal(const nlohmann::json& claims,
                                          bool from_services_issuer) const;

  const TokenRules rules_;
  KeySource& keys_;
  const Clock& clock_;
  mutable TokenCache cache_;
};

}  // namespace crm

#endif  // CRM_SHARED_AUTH_TOKEN_VERIFIER_H_

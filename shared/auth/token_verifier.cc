#include "shared/auth/token_verifier.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "shared/auth/json_object.h"
#include "shared/base/digest.h"
#include "shared/base/errors.h"
#include "shared/base/ids.h"
#include "shared/base/status_macros.h"

namespace crm {
namespace {

constexpr size_t kMaxSubjectBytes = 256;
constexpr size_t kMaxRoles = 32;
constexpr size_t kMaxRoleBytes = 64;
// The last second of the year 9999.
constexpr int64_t kMaxSeconds = 253'402'300'799;

absl::Status Refused(absl::string_view reason, absl::string_view message) {
  return Unauthenticated(reason, message);
}

// Reads a NumericDate, which we take in whole seconds. Returns TOKEN_MALFORMED
// for anything else, and nothing if the claim is absent.
absl::StatusOr<std::optional<absl::Time>> FindTime(const nlohmann::json& claims,
                                                   const char* name) {
  const auto found = claims.find(name);
  if (found == claims.end()) return std::nullopt;
  // Negative numbers, and those too large, are of another type or out of range.
  if (!found->is_number_unsigned() ||
      found->get<uint64_t>() > uint64_t{kMaxSeconds}) {
    return Refused("TOKEN_MALFORMED",
                   absl::StrCat("Claim '", name, "' is whole seconds."));
  }
  return absl::FromUnixSeconds(found->get<int64_t>());
}

bool NamesAudience(const nlohmann::json& claims, const std::string& audience) {
  const auto found = claims.find("aud");
  if (found == claims.end()) return false;
  if (found->is_array()) {
    return std::any_of(found->begin(), found->end(), [&](const auto& one) {
      return one.is_string() && one == audience;
    });
  }
  return found->is_string() && *found == audience;
}

// Returns whether `text` can name a subject or a session.
bool IsIdentifier(absl::string_view text) {
  return !text.empty() && text.size() <= kMaxSubjectBytes &&
         std::none_of(text.begin(), text.end(), absl::ascii_iscntrl);
}

bool IsRoleName(absl::string_view role) {
  return !role.empty() && role.size() <= kMaxRoleBytes &&
         std::all_of(role.begin(), role.end(), [](char c) {
           return absl::ascii_islower(c) || absl::ascii_isdigit(c) ||
                  c == '_' || c == '-';
         });
}

// Returns whether `customer` is a name, as `customers/ada`.
bool IsCustomer(absl::string_view customer) {
  return absl::ConsumePrefix(&customer, "customers/") && IsResourceId(customer);
}

// Returns the texts of claim `name`, none if it is absent.
absl::StatusOr<std::vector<std::string>> ReadRoles(const nlohmann::json& claims,
                                                   const std::string& name) {
  std::vector<std::string> roles;
  const auto found = claims.find(name);
  if (found == claims.end()) return roles;
  const absl::Status malformed = Refused(
      "TOKEN_ROLES", absl::StrCat("Claim '", name, "' is an array of at most ",
                                  kMaxRoles, " names of roles."));
  if (!found->is_array() || found->size() > kMaxRoles) return malformed;
  for (const nlohmann::json& role : *found) {
    if (!role.is_string() || !IsRoleName(role.get_ref<const std::string&>())) {
      return malformed;
    }
    roles.push_back(role.get<std::string>());
  }
  return roles;
}

}  // namespace

TokenVerifier::TokenVerifier(TokenRules rules, KeySource& keys,
                             const Clock& clock)
    : rules_(std::move(rules)),
      keys_(keys),
      clock_(clock),
      cache_(rules_.cache_capacity) {}

absl::StatusOr<Principal> TokenVerifier::Verify(absl::string_view token) const {
  if (token.empty()) {
    return Refused("TOKEN_MISSING",
                   "The call has no credential; send 'authorization: Bearer "
                   "<token>'.");
  }
  const std::shared_ptr<const KeySet> keys = keys_.Get();
  const TokenCache::Instant now{.wall = clock_.Now(),
                                .monotonic = clock_.Monotonic(),
                                .keys = keys.get()};
  // A token that is too long is not even hashed.
  std::string digest;
  if (token.size() <= kMaxTokenBytes) {
    digest = Sha256(token);
    if (auto principal = cache_.Find(digest, now)) return *std::move(principal);
  }
  CRM_ASSIGN_OR_RETURN(const Verified verified,
                       VerifyUncached(token, *keys, now.wall));
  cache_.Put(digest, verified.principal,
             {.wall = verified.expiry,
              .monotonic = now.monotonic + rules_.cache_time,
              .keys = now.keys});
  return verified.principal;
}

absl::StatusOr<TokenVerifier::Verified> TokenVerifier::VerifyUncached(
    absl::string_view text, const KeySet& keys, absl::Time now) const {
  CRM_ASSIGN_OR_RETURN(const UnverifiedToken token, ParseToken(text));
  if (token.type != rules_.type) {
    return Refused("TOKEN_TYPE",
                   absl::StrCat("A token of type '", rules_.type,
                                "' is needed; this one is for another use."));
  }
  const std::string issuer = FindString(token.claims, "iss").value_or("");
  const bool from_services =
      !rules_.services_issuer.empty() && issuer == rules_.services_issuer;
  if (!from_services && std::find(rules_.issuers.begin(), rules_.issuers.end(),
                                  issuer) == rules_.issuers.end()) {
    return Refused("TOKEN_ISSUER", "The token's issuer is not accepted here.");
  }
  const PublicKey* key = keys.Find(issuer, token.key_id);
  if (key == nullptr) keys_.Miss(issuer, token.key_id);
  if (key == nullptr || key->algorithm() != token.algorithm) {
    return Refused("TOKEN_KEY",
                   "The issuer has no such key for this algorithm; get a new "
                   "token.");
  }
  if (!key->Verify(token.signed_text, token.signature)) {
    return Refused("TOKEN_SIGNATURE", "The token's signature is not valid.");
  }

  if (!NamesAudience(token.claims, rules_.audience)) {
    return Refused("TOKEN_AUDIENCE", "The token is meant for someone else.");
  }
  Verified verified;
  CRM_ASSIGN_OR_RETURN(verified.expiry, CheckTimes(token.claims, now));
  CRM_ASSIGN_OR_RETURN(verified.principal,
                       ReadPrincipal(token.claims, from_services));
  return verified;
}

absl::StatusOr<absl::Time> TokenVerifier::CheckTimes(
    const nlohmann::json& claims, absl::Time now) const {
  CRM_ASSIGN_OR_RETURN(const auto expiry, FindTime(claims, "exp"));
  CRM_ASSIGN_OR_RETURN(const auto not_before, FindTime(claims, "nbf"));
  CRM_ASSIGN_OR_RETURN(const auto issued, FindTime(claims, "iat"));
  if (!expiry.has_value()) {
    return Refused("TOKEN_LIFETIME", "The token does not say when it expires.");
  }
  if (now >= *expiry + rules_.leeway) {
    return Refused("TOKEN_EXPIRED", "The token has expired; get a new one.");
  }
  const absl::Time latest = now + rules_.leeway;
  if (not_before.value_or(now) > latest || issued.value_or(now) > latest) {
    return Refused("TOKEN_NOT_YET_VALID",
                   "The token is not valid yet; check the issuer's clock.");
  }
  if (*expiry - issued.value_or(now) > rules_.max_lifetime) {
    return Refused("TOKEN_LIFETIME",
                   absl::StrCat("The token lives longer than ",
                                absl::FormatDuration(rules_.max_lifetime),
                                "; get one with a shorter life."));
  }
  return *expiry;
}

absl::StatusOr<Principal> TokenVerifier::ReadPrincipal(
    const nlohmann::json& claims, bool from_services_issuer) const {
  Principal principal;
  principal.system = from_services_issuer;
  principal.subject = FindString(claims, "sub").value_or("");
  if (!IsIdentifier(principal.subject)) {
    return Refused("TOKEN_SUBJECT",
                   absl::StrCat("Claim 'sub' is 1 to ", kMaxSubjectBytes,
                                " bytes without control characters."));
  }
  if (claims.contains("sid")) {
    principal.session_id = FindString(claims, "sid").value_or("");
    if (!IsIdentifier(principal.session_id)) {
      return Refused("TOKEN_SESSION",
                     absl::StrCat("Claim 'sid' is 1 to ", kMaxSubjectBytes,
                                  " bytes without control characters."));
    }
  }
  principal.tenant =
      FindString(claims, rules_.tenant_claim.c_str()).value_or("");
  if (!IsTenantId(principal.tenant) ||
      (principal.tenant == kSystemTenant) != from_services_issuer) {
    return Refused("TOKEN_TENANT", absl::StrCat("Claim '", rules_.tenant_claim,
                                                "' names no tenant that the "
                                                "issuer may speak for."));
  }
  CRM_ASSIGN_OR_RETURN(principal.roles, ReadRoles(claims, rules_.roles_claim));
  const bool claims_system =
      std::find(principal.roles.begin(), principal.roles.end(), kSystemRole) !=
      principal.roles.end();
  if (claims_system != from_services_issuer) {
    return Refused("TOKEN_ROLES",
                   "The role 'system' is for the suite's own processes.");
  }
  if (claims.contains(rules_.customer_claim)) {
    principal.customer =
        FindString(claims, rules_.customer_claim.c_str()).value_or("");
    if (!IsCustomer(principal.customer)) {
      return Refused("TOKEN_CUSTOMER",
                     absl::StrCat("Claim '", rules_.customer_claim,
                                  "' is the name of a customer, as "
                                  "'customers/ada'."));
    }
  }
  CRM_ASSIGN_OR_RETURN(const auto issued, FindTime(claims, "iat"));
  principal.issue_time = issued.value_or(absl::InfinitePast());
  return principal;
}

}  // namespace crm

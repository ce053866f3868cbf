#include "shared/auth/token_signer.h"

#include <openssl/rand.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/auth/base64url.h"
#include "shared/auth/token_verifier.h"
#include "shared/base/status_macros.h"

namespace crm {
namespace {

constexpr size_t kTokenIdBytes = 16;
constexpr absl::Duration kSystemTokenReserve = absl::Minutes(1);

std::string RandomBytes(size_t size) {
  std::string bytes(size, '\0');
  RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()),
             static_cast<int>(size));
  return bytes;
}

std::string Segment(const nlohmann::json& object) {
  return EncodeBase64Url(
      object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

}  // namespace

TokenSigner::TokenSigner(PrivateKey key, absl::string_view issuer,
                         absl::string_view key_id, absl::string_view audience,
                         const Clock& clock)
    : key_(std::move(key)),
      issuer_(issuer),
      key_id_(key_id.empty() ? key_.Thumbprint() : std::string(key_id)),
      audience_(audience),
      clock_(clock) {}

std::string TokenSigner::Sign(const TokenSubject& subject,
                              absl::Duration lifetime) const {
  const TokenRules names;
  const absl::Time now = clock_.Now();
  const nlohmann::json header = {
      {"alg", "EdDSA"}, {"kid", key_id_}, {"typ", names.type}};
  nlohmann::json claims = {
      {"iss", issuer_},
      {"aud", audience_},
      {"sub", subject.subject},
      {"iat", absl::ToUnixSeconds(now)},
      {"exp", absl::ToUnixSeconds(now) + absl::ToInt64Seconds(lifetime)},
      {"jti", EncodeBase64Url(RandomBytes(kTokenIdBytes))},
      {names.tenant_claim, subject.tenant},
      {names.roles_claim, subject.roles}};
  if (!subject.session_id.empty()) claims["sid"] = subject.session_id;
  if (!subject.customer.empty()) {
    claims[names.customer_claim] = subject.customer;
  }
  const std::string signed_text =
      absl::StrCat(Segment(header), ".", Segment(claims));
  return absl::StrCat(signed_text, ".",
                      EncodeBase64Url(key_.Sign(signed_text)));
}

absl::StatusOr<std::unique_ptr<SystemTokenSource>> SystemTokenSource::Open(
    absl::string_view key_file, absl::string_view audience,
    absl::string_view program, const Clock& clock) {
  CRM_ASSIGN_OR_RETURN(PrivateKey key, PrivateKey::ReadFile(key_file));
  return std::make_unique<SystemTokenSource>(
      TokenSigner(std::move(key), kServicesIssuer, /*key_id=*/"", audience,
                  clock),
      program, clock);
}

SystemTokenSource::SystemTokenSource(TokenSigner signer,
                                     absl::string_view program,
                                     const Clock& clock)
    : signer_(std::move(signer)), program_(program), clock_(clock) {}

std::string SystemTokenSource::Token() {
  const absl::Time now = clock_.Now();
  const absl::Duration monotonic = clock_.Monotonic();
  std::lock_guard lock(mutex_);
  // A wall clock set back would make the token one from the future.
  const absl::Duration use = kSystemTokenLifetime - kSystemTokenReserve;
  if (token_.empty() || now >= renew_wall_ || now < renew_wall_ - use ||
      monotonic >= renew_monotonic_) {
    token_ = signer_.Sign({.tenant = kSystemTenant,
                           .subject = absl::StrCat("system:", program_),
                           .roles = {kSystemRole}},
                          kSystemTokenLifetime);
    renew_wall_ = now + use;
    renew_monotonic_ = monotonic + use;
  }
  return token_;
}

}  // namespace crm

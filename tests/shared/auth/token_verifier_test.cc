#include "shared/auth/token_verifier.h"

#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "shared/auth/base64url.h"
#include "shared/base/digest.h"
#include "tests/shared/auth/token_forge.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::Forge;
using ::crm::testing::ForgeKey;
using ::crm::testing::IsOk;
using ::crm::testing::ScratchFile;
using ::crm::testing::SignedText;
using ::crm::testing::StatusIs;
using ::nlohmann::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int64_t kNow = 1'700'000'000;

MATCHER_P(IsRefusedFor, reason, "") {
  return ::testing::ExplainMatchResult(
      StatusIs(absl::StatusCode::kUnauthenticated, reason), arg,
      result_listener);
}

// Keys that are costly to make, made once.
const ForgeKey& Rsa() {
  static const ForgeKey key = ForgeKey::Rsa(2048);
  return key;
}
const ForgeKey& P256() {
  static const ForgeKey key = ForgeKey::P256();
  return key;
}
const ForgeKey& Ed25519() {
  static const ForgeKey key = ForgeKey::Ed25519();
  return key;
}

json Header(const std::string& algorithm = "EdDSA",
            const std::string& key_id = "ed") {
  return {{"alg", algorithm}, {"kid", key_id}, {"typ", "at+jwt"}};
}

json Claims() {
  return {{"iss", "idp"},
          {"aud", "crm"},
          {"sub", "user:ada"},
          {"iat", kNow},
          {"exp", kNow + 600},
          {"crm_tenant", "acme"},
          {"crm_roles", {"sales_rep"}}};
}

json SystemClaims() {
  json claims = Claims();
  claims["iss"] = kServicesIssuer;
  claims["crm_tenant"] = "system";
  claims["crm_roles"] = {"system"};
  return claims;
}

json With(json object, const char* name, json value) {
  object[name] = std::move(value);
  return object;
}

json Without(json object, const char* name) {
  object.erase(name);
  return object;
}

std::string Token(const json& claims) {
  return Forge(Ed25519(), "EdDSA", Header().dump(), claims.dump());
}

std::string TokenWithHeader(const json& header) {
  return Forge(Ed25519(), "EdDSA", header.dump(), Claims().dump());
}

class TokenVerifierTest : public ::testing::Test {
 protected:
  TokenVerifierTest() {
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

TEST_F(TokenVerifierTest, ReturnsThePrincipal) {
  const auto principal = Verify(Token(Claims()));

  ASSERT_THAT(principal, IsOk());
  EXPECT_EQ(principal->tenant, "acme");
  EXPECT_EQ(principal->subject, "user:ada");
  EXPECT_THAT(principal->roles, ElementsAre("sales_rep"));
  EXPECT_FALSE(principal->system);
}

TEST_F(TokenVerifierTest, TakesEveryAcceptedAlgorithm) {
  const struct {
    const char* algorithm;
    const char* key_id;
    const ForgeKey& key;
  } cases[] = {{"RS256", "rs", Rsa()},
               {"PS256", "ps", Rsa()},
               {"ES256", "es", P256()},
               {"EdDSA", "ed", Ed25519()}};
  for (const auto& one : cases) {
    EXPECT_THAT(Verify(Forge(one.key, one.algorithm,
                             Header(one.algorithm, one.key_id).dump(),
                             Claims().dump())),
                IsOk())
        << one.algorithm;
  }
}

TEST_F(TokenVerifierTest, RefusesASignatureOfAnyKeyIfOneBitDiffers) {
  const struct {
    const char* algorithm;
    const char* key_id;
    const ForgeKey& key;
  } cases[] = {{"RS256", "rs", Rsa()},
               {"PS256", "ps", Rsa()},
               {"ES256", "es", P256()},
               {"EdDSA", "ed", Ed25519()}};
  for (const auto& one : cases) {
    const std::string text =
        SignedText(Header(one.algorithm, one.key_id).dump(), Claims().dump());
    std::string signature = one.key.Sign(one.algorithm, text);
    signature[signature.size() / 2] ^= 1;
    EXPECT_THAT(Verify(absl::StrCat(text, ".", EncodeBase64Url(signature))),
                IsRefusedFor("TOKEN_SIGNATURE"))
        << one.algorithm;
  }
}

TEST_F(TokenVerifierTest, RefusesClaimsThatWereNotSigned) {
  const std::vector<std::string> parts = absl::StrSplit(Token(Claims()), '.');

  EXPECT_THAT(Verify(absl::StrCat(
                  parts[0], ".",
                  EncodeBase64Url(With(Claims(), "crm_tenant", "other").dump()),
                  ".", parts[2])),
              IsRefusedFor("TOKEN_SIGNATURE"));
}

TEST_F(TokenVerifierTest, RefusesSharedSecretsAndNone) {
  for (const std::string& secret :
       {Rsa().PublicPem(), Rsa().Jwk("", "", "")["n"].get<std::string>()}) {
    const std::string text =
        SignedText(Header("HS256", "rs").dump(), Claims().dump());
    EXPECT_THAT(Verify(absl::StrCat(text, ".",
                                    EncodeBase64Url(HmacSha256(secret, text)))),
                IsRefusedFor("TOKEN_ALGORITHM"));
  }
  for (const char* none : {"none", "None", "NONE", ""}) {
    const std::string text = SignedText(Header(none).dump(), Claims().dump());
    EXPECT_THAT(Verify(text + "."), IsRefusedFor("TOKEN_ALGORITHM")) << none;
  }
  EXPECT_THAT(Verify(TokenWithHeader(Without(Header(), "alg"))),
              IsRefusedFor("TOKEN_ALGORITHM"));
  EXPECT_THAT(Verify(TokenWithHeader(With(Header(), "alg", {"EdDSA"}))),
              IsRefusedFor("TOKEN_ALGORITHM"));
}

TEST_F(TokenVerifierTest, RefusesAnAlgorithmThatTheKeyIsNotBoundTo) {
  EXPECT_THAT(Verify(Forge(Rsa(), "PS256", Header("PS256", "rs").dump(),
                           Claims().dump())),
              IsRefusedFor("TOKEN_KEY"));
  EXPECT_THAT(Verify(Forge(Rsa(), "RS256", Header("RS256", "ps").dump(),
                           Claims().dump())),
              IsRefusedFor("TOKEN_KEY"));
  EXPECT_THAT(Verify(TokenWithHeader(Header("EdDSA", "es"))),
              IsRefusedFor("TOKEN_KEY"));
}

TEST_F(TokenVerifierTest, RefusesHeadersThatBringAKeyOrAskForMore) {
  const json own_key = Ed25519().Jwk("idp", "ed", "EdDSA");
  for (const auto& [name, value] : std::vector<std::pair<const char*, json>>{
           {"jku", "https://evil.example/keys"},
           {"x5u", "https://evil.example/cert"},
           {"x5c", {"MIIB"}},
           {"jwk", own_key},
           {"crit", {"exp"}},
           {"b64", true}}) {
    EXPECT_THAT(Verify(TokenWithHeader(With(Header(), name, value))),
                IsRefusedFor("TOKEN_HEADER"))
        << name;
  }
}

TEST_F(TokenVerifierTest, RefusesKeysThatTheIssuerDoesNotHave) {
  EXPECT_THAT(Verify(TokenWithHeader(Header("EdDSA", "unknown"))),
              IsRefusedFor("TOKEN_KEY"));
  // A key of another issuer, which is trusted for its own tokens only.
  EXPECT_THAT(Verify(Forge(P256(), "ES256", Header("ES256", "theirs").dump(),
                           Claims().dump())),
              IsRefusedFor("TOKEN_KEY"));
  EXPECT_THAT(Verify(TokenWithHeader(Without(Header(), "kid"))),
              IsRefusedFor("TOKEN_HEADER"));
}

TEST_F(TokenVerifierTest, RefusesTokensForAnotherUse) {
  EXPECT_THAT(Verify(TokenWithHeader(With(Header(), "typ", "JWT"))),
              IsRefusedFor("TOKEN_TYPE"));
  EXPECT_THAT(Verify(TokenWithHeader(Without(Header(), "typ"))),
              IsRefusedFor("TOKEN_TYPE"));
  EXPECT_THAT(
      Verify(TokenWithHeader(With(Header(), "typ", "application/AT+JWT"))),
      IsOk());
}

TEST_F(TokenVerifierTest, TakesItsOwnIssuersOnly) {
  for (const json& issuer : {json("idp/"), json("IDP"), json(""), json(1)}) {
    EXPECT_THAT(Verify(Token(With(Claims(), "iss", issuer))),
                IsRefusedFor("TOKEN_ISSUER"))
        << issuer;
  }
  EXPECT_THAT(Verify(Token(Without(Claims(), "iss"))),
              IsRefusedFor("TOKEN_ISSUER"));
}

TEST_F(TokenVerifierTest, TakesItsOwnAudienceOnly) {
  EXPECT_THAT(Verify(Token(With(Claims(), "aud", {"x", "crm"}))), IsOk());
  for (const json& audience : {json("crm2"), json("CRM"), json::array(),
                               json({"x"}), json(1), json({{"crm", "crm"}})}) {
    EXPECT_THAT(Verify(Token(With(Claims(), "aud", audience))),
                IsRefusedFor("TOKEN_AUDIENCE"))
        << audience;
  }
  EXPECT_THAT(Verify(Token(Without(Claims(), "aud"))),
              IsRefusedFor("TOKEN_AUDIENCE"));
}

TEST_F(TokenVerifierTest, AllowsAMinuteAfterTheExpiry) {
  const auto expired = [](int64_t seconds) {
    return Token(
        With(With(Claims(), "iat", kNow - 600), "exp", kNow - seconds));
  };
  EXPECT_THAT(Verify(expired(59)), IsOk());
  EXPECT_THAT(Verify(expired(60)), IsRefusedFor("TOKEN_EXPIRED"));
  EXPECT_THAT(Verify(expired(61)), IsRefusedFor("TOKEN_EXPIRED"));
  EXPECT_THAT(Verify(Token(Without(Claims(), "exp"))),
              IsRefusedFor("TOKEN_LIFETIME"));
}

TEST_F(TokenVerifierTest, AllowsAMinuteBeforeTheStart) {
  for (const char* claim : {"nbf", "iat"}) {
    EXPECT_THAT(Verify(Token(With(Claims(), claim, kNow + 60))), IsOk());
    EXPECT_THAT(Verify(Token(With(Claims(), claim, kNow + 61))),
                IsRefusedFor("TOKEN_NOT_YET_VALID"))
        << claim;
  }
}

TEST_F(TokenVerifierTest, RefusesALifeOfMoreThanAnHour) {
  EXPECT_THAT(Verify(Token(With(Claims(), "exp", kNow + 3600))), IsOk());
  EXPECT_THAT(Verify(Token(With(Claims(), "exp", kNow + 3601))),
              IsRefusedFor("TOKEN_LIFETIME"));
  EXPECT_THAT(Verify(Token(Without(With(Claims(), "exp", kNow + 3601), "iat"))),
              IsRefusedFor("TOKEN_LIFETIME"));
}

TEST_F(TokenVerifierTest, RefusesTimesThatAreNoWholeSeconds) {
  for (const char* claim : {"exp", "nbf", "iat"}) {
    for (const json& value :
         {json("1700000600"), json(1.5), json(-1), json(nullptr), json(true),
          json(std::numeric_limits<uint64_t>::max())}) {
      EXPECT_THAT(Verify(Token(With(Claims(), claim, value))),
                  IsRefusedFor("TOKEN_MALFORMED"))
          << claim << " " << value;
    }
  }
}

TEST_F(TokenVerifierTest, NeedsASubjectAndATenant) {
  for (const json& subject :
       {json(""), json(1), json("a\nb"), json(std::string(257, 'a'))}) {
    EXPECT_THAT(Verify(Token(With(Claims(), "sub", subject))),
                IsRefusedFor("TOKEN_SUBJECT"))
        << subject;
  }
  for (const json& tenant : {json(""), json("Acme"), json("a/b"), json(1),
                             json(std::string(41, 'a')), json("system")}) {
    EXPECT_THAT(Verify(Token(With(Claims(), "crm_tenant", tenant))),
                IsRefusedFor("TOKEN_TENANT"))
        << tenant;
  }
  EXPECT_THAT(Verify(Token(Without(Claims(), "sub"))),
              IsRefusedFor("TOKEN_SUBJECT"));
  EXPECT_THAT(Verify(Token(Without(Claims(), "crm_tenant"))),
              IsRefusedFor("TOKEN_TENANT"));
}

TEST_F(TokenVerifierTest, ReadsRolesStrictly) {
  const auto none = Verify(Token(Without(Claims(), "crm_roles")));
  ASSERT_THAT(none, IsOk());
  EXPECT_THAT(none->roles, IsEmpty());

  const std::vector<std::string> most(32, "analyst");
  EXPECT_THAT(Verify(Token(With(Claims(), "crm_roles", most))), IsOk());
  const std::vector<std::string> too_many(33, "analyst");
  for (const json& roles : {json("sales_rep"), json({1}), json({""}),
                            json({"Sales"}), json(too_many), json(nullptr)}) {
    EXPECT_THAT(Verify(Token(With(Claims(), "crm_roles", roles))),
                IsRefusedFor("TOKEN_ROLES"))
        << roles;
  }
}

TEST_F(TokenVerifierTest, ReadsTheClaimsItIsTold) {
  TokenVerifier verifier({.issuers = {"idp"},
                          .audience = "crm",
                          .type = "jwt",
                          .tenant_claim = "org",
                          .roles_claim = "groups"},
                         *keys_, clock_);
  json claims = Claims();
  claims["org"] = "umbrella";
  claims["groups"] = {"auditor"};

  const auto principal = verifier.Verify(Forge(
      Ed25519(), "EdDSA", With(Header(), "typ", "JWT").dump(), claims.dump()));

  ASSERT_THAT(principal, IsOk());
  EXPECT_EQ(principal->tenant, "umbrella");
  EXPECT_THAT(principal->roles, ElementsAre("auditor"));
}

TEST_F(TokenVerifierTest, KnowsTheSuitesOwnProcesses) {
  const auto principal = Verify(Token(SystemClaims()));

  ASSERT_THAT(principal, IsOk());
  EXPECT_TRUE(principal->system);
}

TEST_F(TokenVerifierTest, KeepsSystemAndUsersApart) {
  EXPECT_THAT(
      Verify(Token(With(Claims(), "crm_roles", json({"sales_rep", "system"})))),
      IsRefusedFor("TOKEN_ROLES"));
  EXPECT_THAT(
      Verify(Token(With(SystemClaims(), "crm_roles", {"tenant_admin"}))),
      IsRefusedFor("TOKEN_ROLES"));
  EXPECT_THAT(Verify(Token(With(SystemClaims(), "crm_tenant", "acme"))),
              IsRefusedFor("TOKEN_TENANT"));

  const TokenVerifier without_services(
      {.issuers = {"idp"}, .services_issuer = "", .audience = "crm"}, *keys_,
      clock_);
  EXPECT_THAT(without_services.Verify(Token(SystemClaims())),
              IsRefusedFor("TOKEN_ISSUER"));
}

TEST_F(TokenVerifierTest, RefusesWhatIsNoToken) {
  EXPECT_THAT(Verify(""), IsRefusedFor("TOKEN_MISSING"));
  const std::string good = Token(Claims());
  const std::vector<std::string> parts = absl::StrSplit(good, '.');
  for (const std::string& bad : {
           std::string("x"),
           std::string(".."),
           std::string("..."),
           absl::StrCat(parts[0], ".", parts[1]),
           good + ".",
           good + "=",
           good + "\n",
           " " + good,
           "Bearer " + good,
           absl::StrCat(parts[0], "=.", parts[1], ".", parts[2]),
           Forge(Ed25519(), "EdDSA", "[]", Claims().dump()),
           Forge(Ed25519(), "EdDSA", Header().dump(), "\"claims\""),
           Forge(Ed25519(), "EdDSA", Header().dump(), ""),
       }) {
    EXPECT_THAT(Verify(bad), IsRefusedFor("TOKEN_MALFORMED")) << bad;
  }
}

TEST_F(TokenVerifierTest, RefusesRepeatedNames) {
  EXPECT_THAT(
      Verify(Forge(Ed25519(), "EdDSA",
                   R"({"alg":"none","alg":"EdDSA","kid":"ed","typ":"at+jwt"})",
                   Claims().dump())),
      IsRefusedFor("TOKEN_MALFORMED"));
  std::string claims = Claims().dump();
  claims.insert(claims.size() - 1, R"(,"crm_tenant":"other")");
  EXPECT_THAT(Verify(Forge(Ed25519(), "EdDSA", Header().dump(), claims)),
              IsRefusedFor("TOKEN_MALFORMED"));
}

TEST_F(TokenVerifierTest, Takes8KiBAndNotOneByteMore) {
  // Three bytes of claims make four of a token; the header fills up the rest.
  const auto of_size = [](size_t size) {
    for (size_t header = 0; header < 4; ++header) {
      json claims = With(Claims(), "pad", "");
      const std::string padded_header =
          With(Header(), "pad", std::string(header, 'x')).dump();
      for (size_t pad = 5000; pad < 7000; ++pad) {
        claims["pad"] = std::string(pad, 'x');
        const size_t claims_size = claims.dump().size();
        const auto encoded = [](size_t bytes) { return (bytes * 4 + 2) / 3; };
        if (encoded(padded_header.size()) + encoded(claims_size) + encoded(64) +
                2 ==
            size) {
          return Forge(Ed25519(), "EdDSA", padded_header, claims.dump());
        }
      }
    }
    return std::string();
  };
  const std::string fits = of_size(kMaxTokenBytes);
  const std::string too_large = of_size(kMaxTokenBytes + 1);
  ASSERT_EQ(fits.size(), kMaxTokenBytes);
  ASSERT_EQ(too_large.size(), kMaxTokenBytes + 1);

  EXPECT_THAT(Verify(fits), IsOk());
  EXPECT_THAT(Verify(too_large), IsRefusedFor("TOKEN_MALFORMED"));
  EXPECT_THAT(Verify(std::string(9 * 1024, 'a')),
              IsRefusedFor("TOKEN_MALFORMED"));
}

TEST_F(TokenVerifierTest, RefusesSignaturesOfAnotherLength) {
  const std::string text =
      SignedText(Header("ES256", "es").dump(), Claims().dump());
  const std::string raw = P256().Sign("ES256", text);
  for (const std::string& bad :
       {std::string(), raw.substr(0, 63), raw + '\0', std::string(64, '\0'),
        raw.substr(0, 32) + std::string(32, '\xff')}) {
    EXPECT_THAT(Verify(absl::StrCat(text, ".", EncodeBase64Url(bad))),
                IsRefusedFor("TOKEN_SIGNATURE"))
        << bad.size();
  }

  const std::string ed_text = SignedText(Header().dump(), Claims().dump());
  const std::string ed = Ed25519().Sign("EdDSA", ed_text);
  EXPECT_THAT(
      Verify(absl::StrCat(ed_text, ".", EncodeBase64Url(ed.substr(0, 63)))),
      IsRefusedFor("TOKEN_SIGNATURE"));
}

TEST_F(TokenVerifierTest, RemembersATokenUntilItExpires) {
  const std::string token = Token(Claims());
  ASSERT_THAT(Verify(token), IsOk());

  clock_.Advance(absl::Seconds(299));
  EXPECT_THAT(Verify(token), IsOk());

  clock_.Advance(absl::Seconds(301 + 59));
  EXPECT_THAT(Verify(token), IsOk());

  clock_.Advance(absl::Seconds(1));
  EXPECT_THAT(Verify(token), IsRefusedFor("TOKEN_EXPIRED"));
}

TEST_F(TokenVerifierTest, ForgetsTokensOfAWithdrawnKey) {
  const std::string token = Token(Claims());
  ASSERT_THAT(Verify(token), IsOk());

  WriteKeys({P256().Jwk("idp", "es", "ES256")});
  clock_.Advance(kKeySetCheckInterval);

  EXPECT_THAT(Verify(token), IsRefusedFor("TOKEN_KEY"));
}

TEST_F(TokenVerifierTest, FollowsKeyRotation) {
  const ForgeKey next = ForgeKey::Ed25519();
  const std::string old_token = Token(Claims());
  const std::string new_token =
      Forge(next, "EdDSA", Header("EdDSA", "next").dump(), Claims().dump());
  EXPECT_THAT(Verify(new_token), IsRefusedFor("TOKEN_KEY"));

  WriteKeys(
      {Ed25519().Jwk("idp", "ed", "EdDSA"), next.Jwk("idp", "next", "EdDSA")});
  clock_.Advance(kKeySetCheckInterval);
  EXPECT_THAT(Verify(old_token), IsOk());
  EXPECT_THAT(Verify(new_token), IsOk());

  WriteKeys({next.Jwk("idp", "next", "EdDSA")});
  clock_.Advance(kKeySetCheckInterval);
  EXPECT_THAT(Verify(old_token), IsRefusedFor("TOKEN_KEY"));
  EXPECT_THAT(Verify(new_token), IsOk());
}

TEST_F(TokenVerifierTest, KeepsTakingGoodTokensAmongTenThousandUnknownKeys) {
  const std::string good = Token(Claims());
  for (int i = 0; i < 10'000; ++i) {
    const std::string text = SignedText(
        Header("EdDSA", absl::StrCat("unknown-", i)).dump(), Claims().dump());
    ASSERT_THAT(Verify(text + ".AAAA"), IsRefusedFor("TOKEN_KEY"));
  }

  EXPECT_THAT(Verify(good), IsOk());
}

}  // namespace
}  // namespace crm

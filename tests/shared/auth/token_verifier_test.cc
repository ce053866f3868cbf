#include "shared/auth/token_verifier.h"

#include <limits>

#include "tests/shared/auth/verifier_fixture.h"

namespace crm {
namespace {

using ::crm::testing::Claims;
using ::crm::testing::Ed25519;
using ::crm::testing::Forge;
using ::crm::testing::ForgeKey;
using ::crm::testing::Header;
using ::crm::testing::IsOk;
using ::crm::testing::IsRefusedFor;
using ::crm::testing::kNow;
using ::crm::testing::P256;
using ::crm::testing::Rsa;
using ::crm::testing::SystemClaims;
using ::crm::testing::Token;
using ::crm::testing::With;
using ::crm::testing::Without;
using ::nlohmann::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class TokenVerifierTest : public testing::VerifierFixture {};

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

TEST_F(TokenVerifierTest, F16_TakesItsOwnIssuersOnly) {
  for (const json& issuer : {json("idp/"), json("IDP"), json(""), json(1)}) {
    EXPECT_THAT(Verify(Token(With(Claims(), "iss", issuer))),
                IsRefusedFor("TOKEN_ISSUER"))
        << issuer;
  }
  EXPECT_THAT(Verify(Token(Without(Claims(), "iss"))),
              IsRefusedFor("TOKEN_ISSUER"));
}

TEST_F(TokenVerifierTest, F16_TakesItsOwnAudienceOnly) {
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

TEST_F(TokenVerifierTest, F16_AllowsAMinuteAfterTheExpiry) {
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

TEST_F(TokenVerifierTest, F16_AllowsAMinuteBeforeTheStart) {
  for (const char* claim : {"nbf", "iat"}) {
    EXPECT_THAT(Verify(Token(With(Claims(), claim, kNow + 60))), IsOk());
    EXPECT_THAT(Verify(Token(With(Claims(), claim, kNow + 61))),
                IsRefusedFor("TOKEN_NOT_YET_VALID"))
        << claim;
  }
}

TEST_F(TokenVerifierTest, F16_RefusesALifeOfMoreThanAnHour) {
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

TEST_F(TokenVerifierTest, F46_FollowsKeyRotation) {
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

}  // namespace
}  // namespace crm

// The known attacks on verifiers of tokens; each must fail for its own reason.

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "shared/auth/base64url.h"
#include "shared/base/digest.h"
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
using ::crm::testing::P256;
using ::crm::testing::Rsa;
using ::crm::testing::SignedText;
using ::crm::testing::Token;
using ::crm::testing::TokenWithHeader;
using ::crm::testing::With;
using ::crm::testing::Without;
using ::nlohmann::json;

class TokenAttackTest : public testing::VerifierFixture {};

TEST_F(TokenAttackTest, F16_RefusesASignatureOfAnyKeyIfOneBitDiffers) {
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

TEST_F(TokenAttackTest, F16_RefusesClaimsThatWereNotSigned) {
  const std::vector<std::string> parts = absl::StrSplit(Token(Claims()), '.');

  EXPECT_THAT(Verify(absl::StrCat(
                  parts[0], ".",
                  EncodeBase64Url(With(Claims(), "crm_tenant", "other").dump()),
                  ".", parts[2])),
              IsRefusedFor("TOKEN_SIGNATURE"));
}

TEST_F(TokenAttackTest, F16_RefusesSharedSecretsAndNone) {
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

TEST_F(TokenAttackTest, F16_RefusesAnAlgorithmThatTheKeyIsNotBoundTo) {
  EXPECT_THAT(Verify(Forge(Rsa(), "PS256", Header("PS256", "rs").dump(),
                           Claims().dump())),
              IsRefusedFor("TOKEN_KEY"));
  EXPECT_THAT(Verify(Forge(Rsa(), "RS256", Header("RS256", "ps").dump(),
                           Claims().dump())),
              IsRefusedFor("TOKEN_KEY"));
  EXPECT_THAT(Verify(TokenWithHeader(Header("EdDSA", "es"))),
              IsRefusedFor("TOKEN_KEY"));
}

TEST_F(TokenAttackTest, F16_RefusesHeadersThatBringAKeyOrAskForMore) {
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

TEST_F(TokenAttackTest, F16_RefusesKeysThatTheIssuerDoesNotHave) {
  EXPECT_THAT(Verify(TokenWithHeader(Header("EdDSA", "unknown"))),
              IsRefusedFor("TOKEN_KEY"));
  // A key of another issuer, which is trusted for its own tokens only.
  EXPECT_THAT(Verify(Forge(P256(), "ES256", Header("ES256", "theirs").dump(),
                           Claims().dump())),
              IsRefusedFor("TOKEN_KEY"));
  EXPECT_THAT(Verify(TokenWithHeader(Without(Header(), "kid"))),
              IsRefusedFor("TOKEN_HEADER"));
}

TEST_F(TokenAttackTest, F16_RefusesTokensForAnotherUse) {
  EXPECT_THAT(Verify(TokenWithHeader(With(Header(), "typ", "JWT"))),
              IsRefusedFor("TOKEN_TYPE"));
  EXPECT_THAT(Verify(TokenWithHeader(Without(Header(), "typ"))),
              IsRefusedFor("TOKEN_TYPE"));
  EXPECT_THAT(
      Verify(TokenWithHeader(With(Header(), "typ", "application/AT+JWT"))),
      IsOk());
}

TEST_F(TokenAttackTest, F16_RefusesWhatIsNoToken) {
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

TEST_F(TokenAttackTest, F16_RefusesRepeatedNames) {
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

TEST_F(TokenAttackTest, F16_Takes8KiBAndNotOneByteMore) {
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

TEST_F(TokenAttackTest, F16_RefusesSignaturesOfAnotherLength) {
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

TEST_F(TokenAttackTest, F16_KeepsTakingGoodTokensAmongTenThousandUnknownKeys) {
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

#include "shared/auth/key_set.h"

#include <nlohmann/json.hpp>

#include "shared/auth/base64url.h"
#include "tests/shared/auth/token_forge.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::ForgeKey;
using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;
using ::testing::IsNull;
using ::testing::NotNull;

constexpr auto kBad = absl::StatusCode::kInvalidArgument;

std::string SetOf(const std::vector<nlohmann::json>& entries) {
  return nlohmann::json{{"keys", entries}}.dump();
}

nlohmann::json EdKey(absl::string_view issuer = "i",
                     absl::string_view key_id = "k") {
  static const ForgeKey key = ForgeKey::Ed25519();
  return key.Jwk(issuer, key_id, "EdDSA");
}

nlohmann::json With(nlohmann::json entry, const char* name,
                    nlohmann::json value) {
  entry[name] = std::move(value);
  return entry;
}

TEST(KeySet, FindsAKeyByIssuerAndId) {
  const auto set =
      KeySet::Parse(SetOf({EdKey("a", "1"), EdKey("a", "2"), EdKey("b", "1")}));

  ASSERT_THAT(set, IsOk());
  EXPECT_EQ(set->size(), 3u);
  EXPECT_THAT(set->Find("b", "1"), NotNull());
  EXPECT_THAT(set->Find("b", "2"), IsNull());
  EXPECT_THAT(set->Find("c", "1"), IsNull());
}

TEST(KeySet, BindsEachKeyToItsAlgorithm) {
  const ForgeKey rsa = ForgeKey::Rsa(2048);
  const auto set = KeySet::Parse(
      SetOf({rsa.Jwk("i", "pkcs", "RS256"), rsa.Jwk("i", "pss", "PS256"),
             ForgeKey::P256().Jwk("i", "ec", "ES256"), EdKey("i", "ed")}));

  ASSERT_THAT(set, IsOk());
  EXPECT_EQ(set->Find("i", "pkcs")->algorithm(), JwtAlgorithm::kRs256);
  EXPECT_EQ(set->Find("i", "pss")->algorithm(), JwtAlgorithm::kPs256);
  EXPECT_EQ(set->Find("i", "ec")->algorithm(), JwtAlgorithm::kEs256);
  EXPECT_EQ(set->Find("i", "ed")->algorithm(), JwtAlgorithm::kEdDsa);
  EXPECT_FALSE(
      set->Find("i", "pkcs")->Verify("data", rsa.Sign("PS256", "data")));
  EXPECT_TRUE(set->Find("i", "pss")->Verify("data", rsa.Sign("PS256", "data")));
}

TEST(KeySet, LeavesOutWhatIsForOthers) {
  const auto set = KeySet::Parse(SetOf({With(EdKey("i", "1"), "use", "enc"),
                                        With(EdKey("i", "2"), "alg", "RS512"),
                                        {{"kty", "EC"}, {"crv", "P-521"}},
                                        EdKey("i", "3")}));

  ASSERT_THAT(set, IsOk());
  EXPECT_EQ(set->size(), 1u);
  EXPECT_THAT(set->Find("i", "3"), NotNull());
}

TEST(KeySet, RefusesTheWholeSetForOneBadEntry) {
  const struct {
    const char* what;
    std::string text;
    const char* reason;
  } cases[] = {
      {"no JSON", "keys", "BAD_KEY_SET"},
      {"no keys", "{}", "BAD_KEY_SET"},
      {"keys of another type", R"({"keys":{}})", "BAD_KEY_SET"},
      {"no object", R"({"keys":[1]})", "BAD_KEY_SET"},
      {"repeated member", R"({"keys":[{"kid":"a","kid":"b"}]})", "BAD_KEY_SET"},
      {"shared secret", SetOf({EdKey(), {{"kty", "oct"}, {"k", "AA"}}}),
       "BAD_KEY_SET"},
      {"no issuer", SetOf({With(EdKey(), "iss", "")}), "BAD_KEY_SET"},
      {"no id", SetOf({With(EdKey(), "kid", nullptr)}), "BAD_KEY_SET"},
      {"two of one id", SetOf({EdKey(), EdKey()}), "BAD_KEY_SET"},
      {"private half", SetOf({With(EdKey(), "d", "AA")}), "BAD_KEY"},
      {"another type", SetOf({With(EdKey(), "kty", "EC")}), "BAD_KEY"},
      {"another curve", SetOf({With(EdKey(), "crv", "Ed448")}), "BAD_KEY"},
      {"padded", SetOf({With(EdKey(), "x", "AA==")}), "BAD_KEY"},
      {"too short", SetOf({With(EdKey(), "x", "AAAA")}), "BAD_KEY"},
      {"RSA of 1024 bits", SetOf({ForgeKey::Rsa(1024).Jwk("i", "k", "RS256")}),
       "BAD_KEY"},
      {"RSA without exponent",
       SetOf({With(ForgeKey::Rsa(2048).Jwk("i", "k", "RS256"), "e", "AQ")}),
       "BAD_KEY"},
      {"RSA too large",
       SetOf({With(ForgeKey::Rsa(2048).Jwk("i", "k", "RS256"), "n",
                   EncodeBase64Url(std::string(1025, '\x81')))}),
       "BAD_KEY"},
      {"point off the curve",
       SetOf({With(ForgeKey::P256().Jwk("i", "k", "ES256"), "y",
                   EncodeBase64Url(std::string(32, '\x01')))}),
       "BAD_KEY"},
  };
  for (const auto& one : cases) {
    EXPECT_THAT(KeySet::Parse(one.text), StatusIs(kBad, one.reason))
        << one.what;
  }
}

TEST(KeySet, HoldsAHundredKeysAndNoMore) {
  std::vector<nlohmann::json> entries;
  for (size_t i = 0; i < kMaxKeys; ++i) {
    entries.push_back(EdKey("i", std::to_string(i)));
  }
  EXPECT_THAT(KeySet::Parse(SetOf(entries)), IsOk());

  entries.push_back(EdKey("i", "more"));
  EXPECT_THAT(KeySet::Parse(SetOf(entries)), StatusIs(kBad, "BAD_KEY_SET"));
}

TEST(KeySet, Takes64KiBAndNotOneByteMore) {
  std::string text = SetOf({EdKey()});
  text.resize(kMaxKeySetBytes, ' ');
  EXPECT_THAT(KeySet::Parse(text), IsOk());

  text.push_back(' ');
  EXPECT_THAT(KeySet::Parse(text), StatusIs(kBad, "BAD_KEY_SET"));
}

TEST(FindJwtAlgorithm, KnowsNoOtherThanTheFour) {
  for (const absl::string_view name :
       {"none", "None", "HS256", "HS512", "RS384", "ES384", "eddsa", ""}) {
    EXPECT_EQ(FindJwtAlgorithm(name), std::nullopt) << name;
  }
}

}  // namespace
}  // namespace crm

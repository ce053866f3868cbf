#include "shared/auth/jwks/issuer_keys.h"

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "tests/shared/auth/token_forge.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::ForgeKey;
using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;
using ::nlohmann::json;
using ::testing::IsNull;
using ::testing::NotNull;

constexpr absl::Duration kStart = absl::Hours(5);

// A key set as issuers publish it.
std::string KeysNamed(const std::vector<std::string>& ids) {
  static const ForgeKey key = ForgeKey::P256();
  json keys = json::array();
  for (const std::string& id : ids) {
    json entry = key.Jwk("", id, "ES256");
    entry.erase("iss");
    keys.push_back(std::move(entry));
  }
  return json{{"keys", keys}}.dump();
}

class IssuerKeysTest : public ::testing::Test {
 protected:
  absl::Status Fetch(absl::StatusOr<std::string> text, absl::Duration now) {
    keys_.BeginFetch(now);
    return keys_.EndFetch(std::move(text), now);
  }

  IssuerKeys keys_{"idp"};
};

TEST_F(IssuerKeysTest, AreFetchedAtOnceAndEveryTenMinutes) {
  EXPECT_TRUE(keys_.Due(kStart));
  EXPECT_THAT(keys_.Keys(kStart), IsNull());
  ASSERT_THAT(Fetch(KeysNamed({"a"}), kStart), IsOk());

  EXPECT_THAT(keys_.Keys(kStart)->Find("idp", "a"), NotNull());
  EXPECT_FALSE(keys_.Due(kStart + kKeyRefresh - absl::Nanoseconds(1)));
  EXPECT_TRUE(keys_.Due(kStart + kKeyRefresh));
}

TEST_F(IssuerKeysTest, F46_BadAnswersLeaveTheLastGoodKeysForADay) {
  ASSERT_THAT(Fetch(KeysNamed({"a"}), kStart), IsOk());
  const absl::Duration later = kStart + kKeyRefresh;

  EXPECT_THAT(Fetch(Unavailable("FETCH_FAILED", "No."), later),
              StatusIs(absl::StatusCode::kUnavailable, "FETCH_FAILED"));
  for (const char* bad : {"", "[]", "{}", R"({"keys":[{"kty":"oct"}]})"}) {
    EXPECT_THAT(Fetch(std::string(bad), later),
                StatusIs(absl::StatusCode::kInvalidArgument, "BAD_KEY_SET"))
        << bad;
  }

  EXPECT_THAT(keys_.Keys(later)->Find("idp", "a"), NotNull());
  EXPECT_FALSE(keys_.Due(later));
  EXPECT_TRUE(keys_.Due(later + kKeyRetry));
  EXPECT_THAT(keys_.Keys(kStart + kMaxKeyAge), NotNull());
  EXPECT_THAT(keys_.Keys(kStart + kMaxKeyAge + absl::Nanoseconds(1)), IsNull());
}

TEST_F(IssuerKeysTest, TheSameAnswerIsTheSameSetAndANewOneReplacesIt) {
  ASSERT_THAT(Fetch(KeysNamed({"a"}), kStart), IsOk());
  const auto first = keys_.Keys(kStart);
  ASSERT_THAT(Fetch(KeysNamed({"a"}), kStart), IsOk());
  EXPECT_EQ(keys_.Keys(kStart), first);

  ASSERT_THAT(Fetch(KeysNamed({"b"}), kStart), IsOk());

  EXPECT_THAT(keys_.Keys(kStart)->Find("idp", "b"), NotNull());
  EXPECT_THAT(keys_.Keys(kStart)->Find("idp", "a"), IsNull());
}

TEST_F(IssuerKeysTest, UnknownKeysHaveThemFetchedOnceInHalfAMinute) {
  ASSERT_THAT(Fetch(KeysNamed({"a"}), kStart), IsOk());
  int due = 0;
  for (int i = 0; i < 10'000; ++i) {
    if (keys_.Miss(absl::StrCat("unknown-", i), kStart)) ++due;
  }
  EXPECT_EQ(due, 1);
  ASSERT_TRUE(keys_.Due(kStart));
  ASSERT_THAT(Fetch(KeysNamed({"a"}), kStart), IsOk());

  EXPECT_FALSE(
      keys_.Miss("new", kStart + kUnknownKeyRefresh - absl::Nanoseconds(1)));
  EXPECT_TRUE(keys_.Miss("newer", kStart + kUnknownKeyRefresh));
  EXPECT_THAT(keys_.Keys(kStart)->Find("idp", "a"), NotNull());
}

TEST_F(IssuerKeysTest, OneUnknownKeyIsRememberedForAMinute) {
  EXPECT_TRUE(keys_.Miss("x", kStart));
  EXPECT_FALSE(keys_.Miss("x", kStart + kUnknownKeyRefresh));
  EXPECT_FALSE(
      keys_.Miss("x", kStart + kUnknownKeyMemory - absl::Nanoseconds(1)));
  EXPECT_TRUE(keys_.Miss("x", kStart + kUnknownKeyMemory));
}

}  // namespace
}  // namespace crm

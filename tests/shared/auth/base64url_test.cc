#include "shared/auth/base64url.h"

#include "gmock/gmock.h"

namespace crm {
namespace {

using ::testing::Optional;

TEST(Base64Url, UsesTheSafeAlphabetWithoutPadding) {
  EXPECT_EQ(EncodeBase64Url("\xfb\xff"), "-_8");
  EXPECT_EQ(EncodeBase64Url(""), "");
}

TEST(Base64Url, ComesBackUnchanged) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    EXPECT_THAT(DecodeBase64Url(EncodeBase64Url(bytes)), Optional(bytes));
    bytes.push_back(static_cast<char>(i * 7));
  }
}

TEST(DecodeBase64Url, RefusesEveryOtherSpelling) {
  EXPECT_THAT(DecodeBase64Url("YQ"), Optional(std::string("a")));
  for (const absl::string_view bad : {"YQ==", "YQ=", "Y", "YR", "Y Q", " YQ",
                                      "YQ\n", "+/8", "Y.Q", "\xc3\xa4"}) {
    EXPECT_EQ(DecodeBase64Url(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace crm

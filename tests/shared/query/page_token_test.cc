#include "shared/query/page_token.h"

#include <string>

#include "absl/strings/escaping.h"
#include "gmock/gmock.h"
#include "shared/base/clock.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::IsOkAndHolds;
using ::crm::testing::StatusIs;
using ::testing::MatchesRegex;

constexpr char kSecret[] = "0123456789abcdef0123456789abcdef";
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

class PageTokenCodecTest : public ::testing::Test {
 protected:
  FakeClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  PageTokenCodec codec_{kSecret, clock_};
};

TEST_F(PageTokenCodecTest, GivesBackTheState) {
  const std::string state("a\0\xFF state", 9);

  const auto token = codec_.Encode(state, "list");

  ASSERT_THAT(token, IsOk());
  EXPECT_THAT(*token, MatchesRegex("[A-Za-z0-9_-]+"));
  EXPECT_THAT(codec_.Decode(*token, "list"), IsOkAndHolds(state));
}

TEST_F(PageTokenCodecTest, SharesTokensBetweenProcessesWithOneSecret) {
  const PageTokenCodec other(kSecret, clock_);

  EXPECT_THAT(other.Decode(*codec_.Encode("state", "list"), "list"),
              IsOkAndHolds("state"));
}

TEST_F(PageTokenCodecTest, RefusesTokensOfAnotherSecret) {
  const PageTokenCodec other("another secret of 32 bytes or so..", clock_);

  EXPECT_THAT(other.Decode(*codec_.Encode("state", "list"), "list"),
              StatusIs(kInvalid, "PAGE_TOKEN_INVALID"));
}

TEST_F(PageTokenCodecTest, RefusesAnyChangedBit) {
  std::string bytes;
  ASSERT_TRUE(
      absl::WebSafeBase64Unescape(*codec_.Encode("state", "list"), &bytes));
  for (size_t i = 0; i < bytes.size() * 8; ++i) {
    std::string changed = bytes;
    changed[i / 8] = static_cast<char>(changed[i / 8] ^ (1 << (i % 8)));

    EXPECT_THAT(codec_.Decode(absl::WebSafeBase64Escape(changed), "list"),
                StatusIs(kInvalid, "PAGE_TOKEN_INVALID"))
        << "bit " << i;
  }
}

TEST_F(PageTokenCodecTest, RefusesGarbage) {
  const std::string token = *codec_.Encode("state", "list");
  for (const std::string& garbage :
       {std::string(), std::string("x"), std::string("%%%"),
        std::string("\0\xFF", 2), std::string(5000, 'A'), token + "AAAA",
        token.substr(0, token.size() / 2)}) {
    EXPECT_THAT(codec_.Decode(garbage, "list"),
                StatusIs(kInvalid, "PAGE_TOKEN_INVALID"))
        << garbage.substr(0, 20);
  }
}

TEST_F(PageTokenCodecTest, RefusesOtherArguments) {
  EXPECT_THAT(codec_.Decode(*codec_.Encode("state", "list a"), "list b"),
              StatusIs(kInvalid, "PAGE_TOKEN_MISMATCH"));
}

TEST_F(PageTokenCodecTest, ExpiresAfterADay) {
  const std::string token = *codec_.Encode("state", "list");

  clock_.Advance(absl::Hours(24));
  EXPECT_THAT(codec_.Decode(token, "list"), IsOkAndHolds("state"));
  clock_.Advance(absl::Seconds(1));
  EXPECT_THAT(codec_.Decode(token, "list"),
              StatusIs(kInvalid, "PAGE_TOKEN_EXPIRED"));
}

TEST_F(PageTokenCodecTest, FitsItsLimit) {
  const auto longest = codec_.Encode(std::string(1479, 'x'), "list");

  ASSERT_THAT(longest, IsOk());
  EXPECT_EQ(longest->size(), kMaxPageTokenBytes);
  EXPECT_THAT(codec_.Decode(*longest, "list"), IsOk());
  EXPECT_THAT(codec_.Encode(std::string(1480, 'x'), "list"),
              StatusIs(kInvalid, "PAGE_TOKEN_TOO_LONG"));
}

}  // namespace
}  // namespace crm

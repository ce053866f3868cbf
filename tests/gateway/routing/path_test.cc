#include "gateway/routing/path.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm::gateway {
namespace {

using ::crm::testing::IsOkAndHolds;
using ::crm::testing::StatusIs;
using ::testing::ElementsAre;

TEST(PercentDecode, DecodesEscapesOfEitherCase) {
  EXPECT_THAT(PercentDecode("a%2Fb%c3%A9+c"), IsOkAndHolds("a/b\xC3\xA9+c"));
}

TEST(PercentDecode, TurnsPlusIntoSpaceOnlyInQueries) {
  EXPECT_THAT(PercentDecode("a+b%2B", /*plus_is_space=*/true),
              IsOkAndHolds("a b+"));
}

TEST(PercentDecode, RefusesWhatIsMalformedOrHostile) {
  for (const char* text : {"%", "a%2", "%zz", "%+1", "%00", "%0a", "%7f", "%c3",
                           "%ed%a0%80", "%c0%af", "%f5%80%80%80"}) {
    SCOPED_TRACE(text);
    EXPECT_THAT(PercentDecode(text),
                StatusIs(absl::StatusCode::kInvalidArgument, "BAD_URL"));
  }
}

TEST(ParsePath, SplitsSegmentsAndVerb) {
  const absl::StatusOr<RequestPath> path =
      ParsePath("/v1/leads/a%2Fb%3Ac:convert");

  ASSERT_TRUE(path.ok()) << path.status();
  EXPECT_THAT(path->segments, ElementsAre("v1", "leads", "a/b:c"));
  EXPECT_EQ(path->verb, "convert");
}

TEST(ParsePath, RefusesAmbiguousPaths) {
  for (const char* text : {"", "v1", "/v1//leads", "/v1/leads/", "/v1/../x",
                           "/v1/%2e%2e/x", "/v1/.", "/v1/x:", "/"}) {
    SCOPED_TRACE(text);
    EXPECT_THAT(ParsePath(text),
                StatusIs(absl::StatusCode::kInvalidArgument, "BAD_URL"));
  }
}

TEST(ParsePath, HoldsItsLimits) {
  std::string most;
  for (size_t i = 0; i < kMaxPathSegments; ++i) most += "/a";
  const std::string longest = "/" + std::string(kMaxPathBytes - 1, 'a');

  EXPECT_TRUE(ParsePath(most).ok());
  EXPECT_FALSE(ParsePath(most + "/a").ok());
  EXPECT_TRUE(ParsePath(longest).ok());
  EXPECT_FALSE(ParsePath(longest + "a").ok());
}

TEST(IsUtf8, AcceptsTheEdgesOfEachLength) {
  EXPECT_TRUE(IsUtf8("\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF"));
  EXPECT_TRUE(IsUtf8("\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"));
}

TEST(IsUtf8, RefusesOverlongSurrogatesAndStrayBytes) {
  for (const char* text :
       {"\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80", "\xC3", "\xE2\x82", "\xFF"}) {
    EXPECT_FALSE(IsUtf8(text));
  }
}

}  // namespace
}  // namespace crm::gateway

#include "gateway/policy/cors.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm::gateway {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;

TEST(CorsPolicy, LetsInTheOriginsThatAreNamed) {
  const CorsPolicy some({"https://crm.example.com"});

  EXPECT_TRUE(some.Allows("https://crm.example.com"));
  EXPECT_FALSE(some.Allows("http://crm.example.com"));
  EXPECT_FALSE(some.Allows("https://crm.example.com.evil.org"));
  EXPECT_FALSE(some.Allows(""));
  EXPECT_TRUE(CorsPolicy({"*"}).Allows("http://localhost:3000"));
  EXPECT_FALSE(CorsPolicy({"*"}).Allows(""));
  EXPECT_FALSE(CorsPolicy({}).Allows("https://crm.example.com"));
}

TEST(CorsPolicy, NamesWhatIsNoOrigin) {
  EXPECT_THAT(
      CorsPolicy::Check({"*", "http://localhost:3000", "https://[::1]:8443"}),
      IsOk());
  for (const char* bad :
       {"crm.example.com", "https://", "https://crm.example.com/",
        "https://Crm.example.com", "ftp://a", "null"}) {
    EXPECT_THAT(CorsPolicy::Check({bad}),
                StatusIs(absl::StatusCode::kInvalidArgument, "BAD_CONFIG"))
        << bad;
  }
}

TEST(CorsPolicy, AnswersForTheOriginThatAsked) {
  const CorsPolicy all({"*"});

  EXPECT_EQ(*FindHeader(all.AnswerHeaders("https://a"),
                        "access-control-allow-origin"),
            "https://a");
  EXPECT_EQ(*FindHeader(all.PreflightHeaders("https://a"), "vary"), "origin");
}

}  // namespace
}  // namespace crm::gateway

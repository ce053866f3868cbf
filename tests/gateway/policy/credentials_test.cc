#include "gateway/policy/credentials.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/errors.h"
#include "tests/support/matchers.h"

namespace crm::gateway {
namespace {

using ::crm::testing::IsOkAndHolds;
using ::crm::testing::StatusIs;

TEST(BearerToken, TakesTheSchemeInAnyCase) {
  EXPECT_THAT(BearerToken({{"authorization", "bEARER  abc "}}),
              IsOkAndHolds("abc"));
}

TEST(BearerToken, RefusesNoneSeveralAndOtherSchemes) {
  EXPECT_THAT(
      BearerToken({{"x", "y"}}),
      StatusIs(absl::StatusCode::kUnauthenticated, "CREDENTIAL_MISSING"));
  EXPECT_THAT(
      BearerToken(
          {{"authorization", "Bearer a"}, {"authorization", "Bearer b"}}),
      StatusIs(absl::StatusCode::kUnauthenticated, "CREDENTIAL_MALFORMED"));
  EXPECT_THAT(
      BearerToken({{"authorization", "Basic YTpi"}}),
      StatusIs(absl::StatusCode::kUnauthenticated, "CREDENTIAL_MALFORMED"));
}

TEST(Authenticate, AsksTheVerifier) {
  const VerifyToken verify =
      [](absl::string_view token) -> absl::StatusOr<Principal> {
    if (token != "good") return Unauthenticated("TOKEN_SIGNATURE", "Forged.");
    return Principal{.tenant = "acme", .subject = "user:ada", .roles = {}};
  };

  EXPECT_EQ(Authenticate({{"authorization", "Bearer good"}}, verify)->tenant,
            "acme");
  EXPECT_THAT(Authenticate({{"authorization", "Bearer bad"}}, verify),
              StatusIs(absl::StatusCode::kUnauthenticated, "TOKEN_SIGNATURE"));
}

}  // namespace
}  // namespace crm::gateway

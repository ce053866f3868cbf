#include "shared/rpc/caller_filter.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/shared/rpc/echo_service.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::EchoMethod;
using ::crm::testing::IsOk;
using ::crm::testing::kEcho;
using ::crm::testing::kInner;
using ::crm::testing::StatusIs;

absl::Status Ask(absl::string_view identity, absl::string_view path) {
  CallerFilter filter("prod");
  Call call;
  call.peer_identity = std::string(identity);
  call.context.method = EchoMethod(path);
  return filter.Begin(call);
}

TEST(CallerFilter, F47_LetsTheGatewayCallWhatUsersMayCall) {
  EXPECT_THAT(Ask("spiffe://crm/ns/prod/sa/gateway", kEcho), IsOk());
}

TEST(CallerFilter, F47_RefusesAServiceWhoseMethodItIsNot) {
  EXPECT_THAT(
      Ask("spiffe://crm/ns/prod/sa/gateway", kInner),
      StatusIs(absl::StatusCode::kPermissionDenied, "CALLER_NOT_ALLOWED"));
  for (const char* path : {kEcho, kInner}) {
    for (const char* service :
         {"operational", "analytical", "collaborative", "stranger"}) {
      EXPECT_THAT(
          Ask(std::string("spiffe://crm/ns/prod/sa/") + service, path),
          StatusIs(absl::StatusCode::kPermissionDenied, "CALLER_NOT_ALLOWED"));
    }
  }
}

TEST(CallerFilter, F47_RefusesWhoIsNotOfTheSuite) {
  for (const char* identity : {"", "spiffe://crm/ns/test/sa/gateway",
                               "spiffe://x/ns/prod/sa/gateway", "gateway"}) {
    EXPECT_THAT(Ask(identity, kEcho),
                StatusIs(absl::StatusCode::kPermissionDenied, "CALLER_UNKNOWN"))
        << identity;
  }
}

}  // namespace
}  // namespace crm

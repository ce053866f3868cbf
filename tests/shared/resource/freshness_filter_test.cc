#include "shared/resource/freshness_filter.h"

#include <string>

#include "gmock/gmock.h"
#include "shared/call/consistency_token.h"
#include "shared/call/method_table.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;

const std::string kSecret(32, 's');

absl::Status BeginWith(const std::string& token,
                       const std::string& permission = "leads.get") {
  FreshnessFilter filter("operational", /*feed_epoch=*/2, kSecret);
  MethodInfo method;
  method.permission = permission;
  Call call;
  call.context.method = &method;
  call.context.consistency_tokens = {token};
  return filter.Begin(call);
}

std::string TokenFrom(const std::string& service, int64_t feed_epoch) {
  return EncodeConsistencyToken(
      {.service = service, .feed_epoch = feed_epoch, .keys = {{1, 1}}},
      kSecret);
}

TEST(FreshnessFilter, E03_LetsAReadGoOnThatSeesTheWrite) {
  EXPECT_THAT(BeginWith(TokenFrom("operational", 2)), IsOk());
  EXPECT_THAT(BeginWith(TokenFrom("collaborative", 1)), IsOk());
}

TEST(FreshnessFilter, E03_RefusesAReadThatMayLackTheWrite) {
  EXPECT_THAT(
      BeginWith(TokenFrom("operational", 1)),
      StatusIs(absl::StatusCode::kFailedPrecondition, "CONSISTENCY_LOST"));
}

TEST(FreshnessFilter, LeavesTheSuitesOwnMethodsAlone) {
  EXPECT_THAT(BeginWith(TokenFrom("operational", 1), "internal.slices.read"),
              IsOk());
}

TEST(FreshnessFilter, RefusesTokensOfNobody) {
  EXPECT_THAT(BeginWith("t1"), StatusIs(absl::StatusCode::kInvalidArgument,
                                        "CONSISTENCY_TOKEN_INVALID"));
}

}  // namespace
}  // namespace crm

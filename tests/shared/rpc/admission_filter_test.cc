#include "shared/rpc/admission_filter.h"

#include "gtest/gtest.h"
#include "shared/base/errors.h"
#include "shared/rpc/grpc_convert.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;

TEST(AdmissionFilter, RefusesBeyondItsLimitUntilACallEnds) {
  AdmissionFilter filter(2);
  Call call;
  EXPECT_THAT(filter.Begin(call), IsOk());
  EXPECT_THAT(filter.Begin(call), IsOk());

  const absl::Status refusal = filter.Begin(call);
  filter.End(call, refusal);
  EXPECT_THAT(refusal, StatusIs(absl::StatusCode::kUnavailable, "OVERLOADED"));
  EXPECT_EQ(filter.in_flight(), 2);

  filter.End(call, absl::OkStatus());
  EXPECT_THAT(filter.Begin(call), IsOk());
}

TEST(Overloaded, SpreadsWhenCallersComeBack) {
  EXPECT_NE(RetryPushback(Overloaded()), RetryPushback(Overloaded()));
}

}  // namespace
}  // namespace crm

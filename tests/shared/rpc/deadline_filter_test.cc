#include "shared/rpc/deadline_filter.h"

#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;

TEST(DeadlineFilter, EndsACallThatIsTooLate) {
  FakeClock clock(absl::FromUnixSeconds(1'700'000'000));
  DeadlineFilter filter(clock);
  Call call;
  call.context.deadline = clock.Now() + absl::Seconds(1);

  EXPECT_THAT(filter.Begin(call), IsOk());
  clock.Advance(absl::Seconds(1));

  EXPECT_THAT(filter.Begin(call), StatusIs(absl::StatusCode::kDeadlineExceeded,
                                           "DEADLINE_EXCEEDED"));
}

}  // namespace
}  // namespace crm

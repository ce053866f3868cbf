#include "shared/rpc/observe_filter.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/errors.h"
#include "tests/shared/rpc/echo_service.h"
#include "tests/shared/rpc/test_server.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::EchoMethod;
using ::crm::testing::IsOk;
using ::crm::testing::kEcho;
using ::crm::testing::LogFile;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kTraceId[] = "0af7651916cd43dd8448eb211c80319c";

class ObserveFilterTest : public ::testing::Test {
 protected:
  ObserveFilterTest() {
    call_.context.method = EchoMethod(kEcho);
    call_.context.now = clock_.Now();
    call_.context.principal.tenant = "acme";
    call_.context.principal.subject = "user:ada";
  }

  FakeClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  LogFile log_;
  MetricRegistry metrics_;
  ObserveFilter filter_{clock_, log_.logger(), metrics_};
  Call call_;
};

TEST_F(ObserveFilterTest, ContinuesTheCallersTrace) {
  call_.metadata = {
      {"traceparent", std::string("00-") + kTraceId + "-b7ad6b7169203331-01"}};

  ASSERT_THAT(filter_.Begin(call_), IsOk());

  EXPECT_EQ(call_.context.trace_id, kTraceId);
  EXPECT_EQ(call_.context.span_id.size(), 16u);
  EXPECT_NE(call_.context.span_id, "b7ad6b7169203331");
}

TEST_F(ObserveFilterTest, StartsATraceWithoutOne) {
  call_.metadata = {{"traceparent", "nonsense"}};

  ASSERT_THAT(filter_.Begin(call_), IsOk());

  EXPECT_EQ(call_.context.trace_id.size(), 32u);
}

TEST_F(ObserveFilterTest, CountsAndTimesTheCall) {
  ASSERT_THAT(filter_.Begin(call_), IsOk());
  clock_.Advance(absl::Milliseconds(5));

  filter_.End(call_, NotFound("LEAD_NOT_FOUND", "None."));

  EXPECT_THAT(
      metrics_.Expose(),
      AllOf(HasSubstr("method=\"/crm.test.v1.EchoService/Echo\""),
            HasSubstr("code=\"NOT_FOUND\"} 1\n"), HasSubstr("code=\"OK\"} 0\n"),
            HasSubstr("crm_rpc_call_seconds_sum{")));
}

TEST_F(ObserveFilterTest, LogsOneLineWithoutTheBody) {
  call_.request_bytes = "a body";
  ASSERT_THAT(filter_.Begin(call_), IsOk());
  clock_.Advance(absl::Milliseconds(5));

  filter_.End(call_, absl::OkStatus());

  EXPECT_THAT(
      log_.Text(),
      AllOf(HasSubstr("\"method\":\"/crm.test.v1.EchoService/Echo\""),
            HasSubstr("\"code\":\"OK\""), HasSubstr("\"latency_ms\":5"),
            HasSubstr("\"tenant\":\"acme\""),
            HasSubstr("\"principal\":\"user:ada\""),
            HasSubstr(call_.context.trace_id), Not(HasSubstr("a body"))));
}

}  // namespace
}  // namespace crm

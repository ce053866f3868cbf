#include "services/host/own_events_follower.h"

#include <algorithm>
#include <cstdint>
#include <thread>
#include <variant>

#include "absl/time/clock.h"
#include "crm/operational/v1/product.pb.h"
#include "gtest/gtest.h"
#include "services/operational/app.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm {
namespace {

namespace v1 = ::crm::operational::v1;
using ::crm::testing::IsOk;
using ::crm::testing::Proto;
using ::crm::testing::ServiceHarness;
using ::crm::testing::TestAuthority;

constexpr absl::Duration kPatience = absl::Minutes(2);

// Returns the furthest position of any partition that the service has reported
// of itself; -1 if it has reported nothing.
int64_t ReportedBy(ServiceHarness& service) {
  int64_t seq = -1;
  EXPECT_THAT(service.host().database().Read(
                  absl::InfiniteFuture(),
                  [&](SqlReader& reader) -> absl::Status {
                    const auto rows = reader.Query(
                        "SELECT seq FROM feed_consumer WHERE consumer = ?",
                        {"operational"});
                    if (!rows.ok()) return rows.status();
                    for (const SqlRow& row : *rows) {
                      seq = std::max(seq, std::get<int64_t>(row[0]));
                    }
                    return absl::OkStatus();
                  }),
              IsOk());
  return seq;
}

// What trims the log goes by what consumers have reported: LogTrimmer.
TEST(OwnEventsFollower, ReportsHowFarItHasDecidedSoThatNothingElseIsTrimmed) {
  const TestAuthority authority;
  ServiceHarness service(authority, "operational",
                         operational::MakeOperational);
  ASSERT_THAT(service.client().Call<v1::Product>(
                  "crm.operational.v1.ProductService.CreateProduct",
                  Proto<v1::CreateProductRequest>(
                      "product { display_name: 'Lamp' sku: 'lamp' }"),
                  {.token = authority.Token("acme", "user:ada", {"everyone"})}),
              IsOk());

  const absl::Time end = absl::Now() + kPatience;
  while (ReportedBy(service) < 1 && absl::Now() < end) {
    std::this_thread::yield();
  }

  EXPECT_GE(ReportedBy(service), 1);
}

}  // namespace
}  // namespace crm

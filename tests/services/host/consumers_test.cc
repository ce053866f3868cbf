// crm.internal.v1.Consumers as an operator calls it: what is done about events
// of another service that cannot be applied.

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "crm/internal/v1/consumers.pb.h"
#include "crm/operational/v1/product.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/operational/app.h"
#include "shared/base/errors.h"
#include "shared/events/sql_applier.h"
#include "tests/shared/events/stores.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm {
namespace {

namespace v1 = ::crm::operational::v1;
using ::crm::internal::v1::Event;
using ::crm::internal::v1::FindParkedEventsRequest;
using ::crm::internal::v1::FindParkedEventsResponse;
using ::crm::internal::v1::RebuildProjectionRequest;
using ::crm::internal::v1::RebuildProjectionResponse;
using ::crm::internal::v1::UnparkRequest;
using ::crm::internal::v1::UnparkResponse;
using ::crm::internal::v1::VerifyProjectionRequest;
using ::crm::internal::v1::VerifyProjectionResponse;
using ::crm::testing::IsOk;
using ::crm::testing::Proto;
using ::crm::testing::ServiceHarness;
using ::crm::testing::StatusIs;
using ::crm::testing::TestAuthority;
using ::testing::HasSubstr;

class ConsumersTest : public ::testing::Test {
 protected:
  ConsumersTest()
      : operational_(authority_, "operational", operational::MakeOperational),
        applier_(
            store_.database(), clock_,
            [this](SqlWriter&, const Event& event) { return Take(event); },
            [](SqlWriter&, absl::string_view) { return absl::OkStatus(); }),
        follower_(
            authority_, "analytical",
            [this](const ServiceEnvironment&) {
              auto service = std::make_unique<Service>("analytical");
              service->follows = {
                  {.producer = "operational", .applier = &applier_}};
              return service;
            },
            [this](HostSettings& settings) {
              settings.addresses["operational"] =
                  absl::StrCat("127.0.0.1:", operational_.host().port());
            }) {}

  absl::Status Take(const Event& event) {
    if (event.type() != "product.created") return absl::OkStatus();
    if (refuses_) return InvalidArgument("TOO_ODD", "Nobody sells that.");
    ++taken_;
    return absl::OkStatus();
  }

  void MakeProduct(const std::string& id) {
    ASSERT_THAT(
        operational_.client().Call<v1::Product>(
            "crm.operational.v1.ProductService.CreateProduct",
            Proto<v1::CreateProductRequest>(
                absl::StrCat("product_id: '", id, "' product { display_name: '",
                             id, "' sku: '", id, "' }")),
            {.token = authority_.Token("acme", "user:ada", {"everyone"})}),
        IsOk());
  }

  template <typename Response, typename Request>
  absl::StatusOr<Response> Call(const std::string& method,
                                const std::string& request,
                                const std::string& token = "") {
    return follower_.client().Call<Response>(
        absl::StrCat("crm.internal.v1.Consumers.", method),
        Proto<Request>(request),
        {.token = token.empty() ? authority_.SystemToken() : token});
  }

  FindParkedEventsResponse Parked(const std::string& tenant = "acme") {
    const auto found = Call<FindParkedEventsResponse, FindParkedEventsRequest>(
        "FindParkedEvents", absl::StrCat("tenant: '", tenant, "'"));
    EXPECT_THAT(found, IsOk());
    return found.value_or(FindParkedEventsResponse());
  }

  FindParkedEventsResponse AwaitParked() {
    for (;;) {
      FindParkedEventsResponse parked = Parked();
      if (parked.events_size() > 0 || HasFailure()) return parked;
    }
  }

  absl::StatusOr<UnparkResponse> Unpark(const std::string& key,
                                        const std::string& more = "") {
    return Call<UnparkResponse, UnparkRequest>(
        "Unpark",
        absl::StrCat("tenant: 'acme' producer: 'operational' ordering_key: '",
                     key, "' ", more));
  }

  TestAuthority authority_;
  ServiceHarness operational_;
  const SystemClock clock_;
  crm::testing::EffectStore store_;
  std::atomic<bool> refuses_{true};
  std::atomic<int> taken_{0};
  SqlApplier applier_;
  ServiceHarness follower_;
};

TEST_F(ConsumersTest, FindsWhatIsParkedAndTakesItOnceItCanBeTaken) {
  MakeProduct("bolt");

  const FindParkedEventsResponse parked = AwaitParked();

  ASSERT_EQ(parked.events_size(), 1);
  const auto& event = parked.events(0);
  EXPECT_EQ(event.place().producer(), "operational");
  EXPECT_GT(event.place().seq(), 0);
  EXPECT_THAT(event.reason(), HasSubstr("TOO_ODD"));
  EXPECT_TRUE(event.has_park_time());
  EXPECT_EQ(event.event().resource(), "products/bolt");
  // What stood in the resource is not shown.
  EXPECT_TRUE(event.event().before().empty());
  EXPECT_TRUE(event.event().after().empty());
  EXPECT_EQ(Parked("rival").events_size(), 0);

  const std::string key = event.event().ordering_key();
  EXPECT_THAT(Unpark(key),
              StatusIs(absl::StatusCode::kInvalidArgument, "TOO_ODD"));
  refuses_ = false;
  ASSERT_THAT(Unpark(key, "validate_only: true"), IsOk());
  EXPECT_EQ(taken_, 0);
  const auto unparked = Unpark(key);
  ASSERT_THAT(unparked, IsOk());

  EXPECT_EQ(unparked->replayed_count(), 1);
  EXPECT_EQ(taken_, 1);
  EXPECT_EQ(Parked().events_size(), 0);
  EXPECT_EQ(Unpark(key)->replayed_count(), 0);
}

TEST_F(ConsumersTest, GoesOnAfterAPlace) {
  MakeProduct("bolt");
  MakeProduct("nut");
  MakeProduct("rod");
  FindParkedEventsResponse all = AwaitParked();
  while (all.events_size() < 3 && !HasFailure()) all = Parked();

  std::string after;
  for (const auto& event : all.events()) {
    const auto next = Call<FindParkedEventsResponse, FindParkedEventsRequest>(
        "FindParkedEvents",
        absl::StrCat("tenant: 'acme' max_events: 1 ", after));
    ASSERT_THAT(next, IsOk());
    ASSERT_EQ(next->events_size(), 1);
    EXPECT_EQ(next->events(0).event().id(), event.event().id());
    after = absl::StrCat("after { ", event.place().ShortDebugString(), " }");
  }

  EXPECT_THAT((Call<FindParkedEventsResponse, FindParkedEventsRequest>(
                  "FindParkedEvents", "tenant: 'acme' max_events: -1")),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

TEST_F(ConsumersTest, RefusesWhatItCannotDo) {
  EXPECT_THAT(
      (Call<UnparkResponse, UnparkRequest>("Unpark",
                                           "tenant: 'acme' producer: 'other' "
                                           "ordering_key: 'customers/a'")),
      StatusIs(absl::StatusCode::kNotFound, "PRODUCER_NOT_FOLLOWED"));
  EXPECT_THAT(
      (Call<VerifyProjectionResponse, VerifyProjectionRequest>(
          "VerifyProjection", "producer: 'operational'")),
      StatusIs(absl::StatusCode::kFailedPrecondition, "NOT_A_PROJECTION"));
  EXPECT_THAT(
      (Call<RebuildProjectionResponse, RebuildProjectionRequest>(
          "RebuildProjection", "producer: 'operational'")),
      StatusIs(absl::StatusCode::kFailedPrecondition, "NOT_A_PROJECTION"));
}

TEST_F(ConsumersTest, ServesTheSuitesOwnProcessesAlone) {
  const std::string user =
      authority_.Token("acme", "user:root", {"tenant_admin"});

  EXPECT_THAT(
      (Call<FindParkedEventsResponse, FindParkedEventsRequest>(
          "FindParkedEvents", "tenant: 'acme'", user)),
      StatusIs(absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED"));
  EXPECT_THAT(
      (Call<UnparkResponse, UnparkRequest>(
          "Unpark",
          "tenant: 'acme' producer: 'operational' ordering_key: 'customers/a'",
          user)),
      StatusIs(absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED"));
}

}  // namespace
}  // namespace crm

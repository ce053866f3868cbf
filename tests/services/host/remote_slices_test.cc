#include "services/host/remote_slices.h"

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/call_brief.pb.h"
#include "crm/operational/v1/customer.pb.h"
#include "gtest/gtest.h"
#include "services/operational/app.h"
#include "shared/auth/caller.h"
#include "shared/base/errors.h"
#include "shared/cache/memory_slice_cache.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm {
namespace {

using ::crm::internal::v1::ReadSlicesRequest;
using ::crm::internal::v1::SliceEnvelope;
using ::crm::profile::v1::Slice;
using ::crm::testing::EqualsProto;
using ::crm::testing::IsOk;
using ::crm::testing::Proto;
using ::crm::testing::ServiceHarness;
using ::crm::testing::TestAuthority;

namespace v1 = ::crm::operational::v1;

constexpr char kAda[] = "customers/ada";
// Where nobody listens.
constexpr char kNowhere[] = "127.0.0.1:1";
constexpr char kScores[] =
    "as_of_time { seconds: 7 } recency_days: 12 frequency: 3 "
    "monetary { currency_code: 'EUR' units: 90 } recency_score: 5 "
    "frequency_score: 4 monetary_score: 3 rfm_cell: '543'";

std::string ScoresBytes() {
  return Proto<profile::v1::ScoresSlice>(kScores).SerializeAsString();
}

// Makes a service that owns the scores and nothing else; it may refuse them to
// everybody.
MakeService OwnerOfScores(bool refuses) {
  return [refuses](const ServiceEnvironment& /*environment*/)
             -> absl::StatusOr<std::unique_ptr<Service>> {
    auto service = std::make_unique<Service>("analytical");
    service->slices = {
        {"SCORES",
         [refuses](const std::string& /*tenant*/,
                   const ReadSlicesRequest& /*request*/,
                   absl::Time /*deadline*/) -> absl::StatusOr<SliceContent> {
           if (refuses) return PermissionDenied("PERMISSION_DENIED", "No.", {});
           SliceContent content;
           content.payload = ScoresBytes();
           content.as_of = absl::FromUnixSeconds(7);
           content.version = 1;
           return content;
         }}};
    return service;
  };
}

class RemoteSlicesTest : public ::testing::Test {
 protected:
  // Returns the brief of Ada by an operational service that looks for the owner
  // of the scores at `address`.
  v1::CallBrief BriefOf(const std::string& address) {
    ServiceHarness operational(authority_, "operational",
                               operational::MakeOperational,
                               [&](HostSettings& settings) {
                                 settings.addresses["analytical"] = address;
                               });
    EXPECT_THAT(operational.client().Call<v1::Customer>(
                    "crm.operational.v1.CustomerService.CreateCustomer",
                    Proto<v1::CreateCustomerRequest>(
                        "customer_id: 'ada' customer { display_name: 'Ada' "
                        "kind: PERSON }"),
                    {.token = token_}),
                IsOk());
    auto brief = operational.client().Call<v1::CallBrief>(
        "crm.operational.v1.CustomerService.GetCallBrief",
        Proto<v1::GetCallBriefRequest>("name: 'customers/ada'"),
        {.token = token_});
    EXPECT_THAT(brief, IsOk());
    return brief.ok() ? *std::move(brief) : v1::CallBrief();
  }

  // A call of somebody who may read the profiles of `scope`.
  static CallContext CallOver(RowScope scope) {
    CallContext call;
    call.principal.tenant = "acme";
    call.caller = std::make_shared<const Caller>(
        CallerIdentity{},
        std::vector<RoleDefinition>{
            {.name = "one",
             .grants = {{.permission = "customers.getProfile",
                         .scope = scope}}}},
        std::make_shared<const RoleTable>());
    return call;
  }

  // What the owner wrote of Ada some minutes ago.
  void Cache() {
    SliceEnvelope slice;
    slice.set_slice("SCORES");
    slice.set_state(SliceEnvelope::PRESENT);
    slice.set_payload(ScoresBytes());
    const absl::Time now = clock_.Now();
    *slice.mutable_build_time() = ToTimestamp(now - absl::Minutes(3));
    *slice.mutable_expire_time() = ToTimestamp(now + absl::Minutes(2));
    slice.set_feed_epoch(1);
    slice.set_version(1);
    ASSERT_THAT(cache_.Write({"acme", kAda}, {slice}), IsOk());
  }

  TestAuthority authority_;
  const std::string token_ =
      authority_.Token("acme", "user:boss", {"sales_manager"});
  SystemClock clock_;
  MemorySliceCache cache_{clock_};
};

TEST_F(RemoteSlicesTest, OP_20_ABriefShowsTheScoresOfTheirOwner) {
  ServiceHarness owner(authority_, "analytical",
                       OwnerOfScores(/*refuses=*/false));
  const std::string address = absl::StrCat("127.0.0.1:", owner.host().port());

  const v1::CallBrief brief = BriefOf(address);

  EXPECT_TRUE(brief.partial().empty());
  ASSERT_EQ(brief.scores_size(), 7);
  EXPECT_THAT(brief.scores(0),
              EqualsProto("kind: RECENCY_DAYS value: 12 as_of_time { seconds: "
                          "7 } source: 'customers/ada/profile'"));
}

TEST_F(RemoteSlicesTest, OP_20_ABriefNamesWhatTheOwnerRefusesTheCaller) {
  ServiceHarness owner(authority_, "analytical",
                       OwnerOfScores(/*refuses=*/true));
  const std::string address = absl::StrCat("127.0.0.1:", owner.host().port());

  const v1::CallBrief brief = BriefOf(address);

  EXPECT_TRUE(brief.scores().empty());
  ASSERT_EQ(brief.partial_size(), 1);
  EXPECT_THAT(brief.partial(0),
              EqualsProto("part: 'SCORES' reason: 'PERMISSION_DENIED'"));
}

TEST_F(RemoteSlicesTest, OP_20_ABriefIsGivenWithoutTheOwner) {
  const v1::CallBrief brief = BriefOf(kNowhere);

  EXPECT_EQ(brief.display_name(), "Ada");
  EXPECT_FALSE(brief.figures().empty());
  EXPECT_TRUE(brief.scores().empty());
  ASSERT_EQ(brief.partial_size(), 1);
  EXPECT_THAT(brief.partial(0),
              EqualsProto("part: 'SCORES' reason: 'SERVICE_UNREACHABLE'"));
}

TEST_F(RemoteSlicesTest, OP_20_WithoutTheOwnerTheCacheIsShownAsStale) {
  RemoteSlices slices({{"analytical", kNowhere}}, clock_);
  slices.Connect(nullptr, &cache_);
  Cache();

  const auto shown = slices.Read(CallOver(RowScope::kAll), kAda, Slice::SCORES);

  ASSERT_TRUE(shown.has_value());
  EXPECT_EQ(shown->state(), Slice::STALE);
  EXPECT_EQ(shown->reason(), "SERVICE_UNREACHABLE");
  EXPECT_THAT(shown->scores(), EqualsProto(kScores));
}

// What is cached was built for all, and only the owner knows what he may see.
TEST_F(RemoteSlicesTest, OP_20_WhoSeesSomeCustomersIsNotShownTheCache) {
  RemoteSlices slices({{"analytical", kNowhere}}, clock_);
  slices.Connect(nullptr, &cache_);
  Cache();

  const auto all = slices.Read(CallOver(RowScope::kAll), kAda, Slice::SCORES);
  const auto some = slices.Read(CallOver(RowScope::kOwn), kAda, Slice::SCORES);

  ASSERT_TRUE(all.has_value() && some.has_value());
  EXPECT_EQ(all->state(), Slice::STALE);
  EXPECT_EQ(some->state(), Slice::MISSING);
  EXPECT_FALSE(some->has_scores());
}

TEST_F(RemoteSlicesTest, OP_20_AnOwnerWhomNobodyKnowsIsAway) {
  RemoteSlices slices({}, clock_);

  const auto shown = slices.Read(CallOver(RowScope::kAll), kAda, Slice::SCORES);

  ASSERT_TRUE(shown.has_value());
  EXPECT_EQ(shown->state(), Slice::MISSING);
  EXPECT_EQ(shown->reason(), "SERVICE_UNREACHABLE");
}

}  // namespace
}  // namespace crm

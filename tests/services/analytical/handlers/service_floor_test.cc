#include "services/analytical/handlers/service_floor.h"

#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/activity.pb.h"
#include "gtest/gtest.h"
#include "services/analytical/domain/frameworks/service_floor.h"
#include "shared/base/errors.h"
#include "tests/services/analytical/handlers/scorecard_fixture.h"
#include "tests/support/matchers.h"

namespace crm::analytical {
namespace {

using crm::testing::IsOk;
using crm::testing::StatusIs;
using operational::v1::Activity;
using testing::BusinessDay;

class ServiceFloorTest : public testing::ScorecardFixture {
 protected:
  ServiceFloorTest() {
    *request_.mutable_start_time() = ToTimestamp(kStart);
    *request_.mutable_end_time() = ToTimestamp(kEnd);
    request_.set_standard_minutes(60);
    request_.set_floor_millionths(500'000);
  }

  absl::StatusOr<v1::ServiceFloorReport> Measure() {
    return Read<v1::ServiceFloorReport>([&](const ReadView& view) {
      return HandleMeasureServiceFloor(analytics_, view, call_, request_);
    });
  }

  void Add(const std::string& customer, absl::Time created,
           std::optional<absl::Time> completed,
           Activity::State state = Activity::PLANNED) {
    Activity activity;
    activity.set_name(absl::StrCat("activities/a", ++count_));
    activity.set_customer(customer);
    activity.set_kind(Activity::CALL);
    activity.set_state(completed.has_value() ? Activity::DONE : state);
    *activity.mutable_create_time() = ToTimestamp(created);
    if (completed.has_value()) {
      *activity.mutable_complete_time() = ToTimestamp(*completed);
    }
    ASSERT_THAT(feeder_.Apply({feeder_.MakeResourceEvent("crm/Activity",
                                                         activity, customer)}),
                IsOk());
  }

  const absl::Time kEnd = BusinessDay();
  const absl::Time kStart = kEnd - absl::Hours(24 * 30);
  v1::MeasureServiceFloorRequest request_;
  int count_ = 0;
};

TEST_F(ServiceFloorTest, VP_06_EqualsWhatIsCountedByHand) {
  StoreModel(110, 5);
  std::mt19937_64 random(5);
  ServiceTally strategic;
  ServiceTally others;
  for (int i = 0; i < 120; ++i) {
    const int number = 105 + static_cast<int>(random() % 15);
    const absl::Time created =
        kEnd - absl::Minutes(static_cast<int>(random() % 50'000));
    std::optional<absl::Time> completed;
    if (random() % 4 != 0) {
      completed = created + absl::Minutes(static_cast<int>(random() % 140));
    }
    Add(absl::StrCat("customers/c", number), created, completed);
    if (created <= kStart) continue;
    const bool done = completed.has_value() && *completed <= kEnd;
    const bool kept = done && *completed - created <= absl::Minutes(60);
    if (!done && kEnd - created <= absl::Minutes(60)) continue;
    ServiceTally& tally = number >= 110 && number < 115 ? strategic : others;
    tally.Add({1, kept ? 1 : 0});
  }

  const auto report = Measure();

  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->clv_model(), "clvModels/may");
  EXPECT_GT(strategic.decided, 10);
  EXPECT_GT(others.attained, 10);
  EXPECT_EQ(report->strategic().decided_count(), strategic.decided);
  EXPECT_EQ(report->strategic().attained_count(), strategic.attained);
  EXPECT_EQ(report->others().decided_count(), others.decided);
  EXPECT_EQ(report->others().attained_count(), others.attained);
  // Those that the model does not know.
  EXPECT_EQ(report->tiers(4).decided_count(), others.decided);
}

TEST_F(ServiceFloorTest, VP_06_AlarmsOnceOthersWaitWhileStrategicAreServed) {
  StoreModel(110, 5);
  const absl::Time created = kEnd - absl::Hours(24);
  Add("customers/c110", created, created + absl::Minutes(60));
  Add("customers/c120", created, created + absl::Minutes(30));
  Add("customers/c120", created, created + absl::Minutes(61));
  EXPECT_FALSE(Measure()->alarm());
  Add("customers/c121", created, std::nullopt);

  const auto report = Measure();

  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->others().attainment_millionths(), 333'333);
  EXPECT_TRUE(report->alarm());
}

TEST_F(ServiceFloorTest, VP_06_LeavesOutWhatIsInTimeOrWasCancelled) {
  StoreModel(110, 5);
  Add("customers/c110", kEnd - absl::Minutes(60), std::nullopt);
  Add("customers/c110", kEnd - absl::Hours(5), std::nullopt,
      Activity::CANCELLED);
  // It was open at the end, and in time.
  Add("customers/c110", kEnd - absl::Minutes(10), kEnd + absl::Minutes(10));

  const auto report = Measure();

  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->strategic().decided_count(), 0);
  EXPECT_FALSE(report->strategic().has_attainment());
}

TEST_F(ServiceFloorTest, VP_06_WithoutAModelThereAreNoTiers) {
  Add("customers/c110", kEnd - absl::Hours(5), std::nullopt);

  const auto report = Measure();

  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->clv_model(), "");
  EXPECT_EQ(report->tiers_size(), 0);
  EXPECT_FALSE(report->has_others());
  EXPECT_FALSE(report->alarm());
}

TEST_F(ServiceFloorTest, RefusesTheFutureAndModelsThatThereAreNot) {
  *request_.mutable_end_time() = ToTimestamp(kEnd + absl::Seconds(1));
  EXPECT_EQ(FieldViolations(Measure().status()).size(), 1u);
  *request_.mutable_end_time() = ToTimestamp(kEnd);
  request_.set_clv_model("clvModels/none");
  EXPECT_THAT(Measure(),
              StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
  StoreModel(110, 5);
  request_.set_clv_model("clvModels/may");
  *request_.mutable_end_time() = ToTimestamp(kEnd - absl::Hours(1));
  EXPECT_EQ(FieldViolations(Measure().status()).size(), 1u);
}

}  // namespace
}  // namespace crm::analytical

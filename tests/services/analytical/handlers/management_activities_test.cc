#include "services/analytical/handlers/management_activities.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/activity.pb.h"
#include "gtest/gtest.h"
#include "tests/services/analytical/handlers/scorecard_fixture.h"
#include "tests/support/matchers.h"

namespace crm::analytical {
namespace {

using crm::testing::IsOk;
using testing::BusinessDay;
using v1::ManagementActivity;

using Request = v1::ReadManagementActivitiesRequest;
using Response = v1::ReadManagementActivitiesResponse;

class ManagementActivitiesTest : public testing::ScorecardFixture {
 protected:
  absl::StatusOr<Response> List(const Request& request) {
    return Read<Response>([&](const ReadView& view) {
      return HandleReadManagementActivities(analytics_, view, call_, request);
    });
  }

  std::vector<ManagementActivity> ListAll(ManagementActivity::Stage stage,
                                          int page_size,
                                          const std::string& customer = "") {
    Request request;
    request.set_stage(stage);
    request.set_page_size(page_size);
    request.set_customer(customer);
    std::vector<ManagementActivity> all;
    do {
      const auto page = List(request);
      EXPECT_THAT(page, IsOk());
      if (!page.ok()) return all;
      EXPECT_LE(page->management_activities_size(), page_size);
      all.insert(all.end(), page->management_activities().begin(),
                 page->management_activities().end());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return all;
  }

  // Stores a run that was over by the day, and ended in churn.
  void Churn(const std::string& customer, absl::Time contact, absl::Time end) {
    v1::LifecycleJourney journey;
    journey.set_name("lifecycleJourneys/lost");
    journey.set_customer(customer);
    journey.set_run(1);
    journey.set_outcome(v1::Lifecycle::CHURNED);
    for (const auto& [stage, time] :
         {std::pair{v1::Lifecycle::VIRGIN, contact},
          std::pair{v1::Lifecycle::ACTIVATED, contact},
          std::pair{v1::Lifecycle::TERMINATED, end}}) {
      auto& step = *journey.add_stage_history();
      step.set_stage(stage);
      *step.mutable_enter_time() = ToTimestamp(time);
    }
    ASSERT_THAT(Write([&](Transaction& transaction) -> absl::Status {
                  transaction.Create(journey);
                  return transaction.status();
                }),
                IsOk());
  }

  // What the stage ought to be, from what the business was made up of.
  ManagementActivity::Stage ByHand(const std::string& customer,
                                   absl::Time time) const {
    for (const auto& order : business_.orders) {
      if (order.counts && order.customer == customer && order.time <= time) {
        return ManagementActivity::RETAIN;
      }
    }
    for (const auto& deal : business_.deals) {
      if (deal.customer == customer && deal.created <= time) {
        return ManagementActivity::ACQUIRE;
      }
    }
    return ManagementActivity::APPROACH;
  }
};

TEST_F(ManagementActivitiesTest, QC_05_EachActivityCarriesExactlyOneStage) {
  Feed();
  const absl::Time lost = BusinessDay() - absl::Hours(24 * 300);
  Churn("customers/c105", lost - absl::Hours(24 * 100), lost);
  std::map<std::string, ManagementActivity::Stage> expected;
  auto number = static_cast<int>(business_.deals.size());
  for (const auto& made : business_.activities) {
    const absl::Time time = made.completed.value_or(absl::UnixEpoch());
    auto stage = ByHand(made.customer, time);
    if (made.customer == "customers/c105" && time >= lost) {
      stage = ManagementActivity::WIN_BACK;
    }
    expected[absl::StrCat("activities/a", ++number)] = stage;
  }

  std::map<std::string, ManagementActivity::Stage> listed;
  size_t won_back = 0;
  for (int stage = 1; stage <= 4; ++stage) {
    for (const ManagementActivity& activity :
         ListAll(static_cast<ManagementActivity::Stage>(stage), 7)) {
      // In one list, and once.
      EXPECT_TRUE(listed.emplace(activity.activity(), activity.stage()).second);
      EXPECT_EQ(activity.stage(), stage);
      const bool is_won_back = stage == ManagementActivity::WIN_BACK;
      EXPECT_EQ(activity.lifecycle_journey(),
                is_won_back ? "lifecycleJourneys/lost" : "");
      won_back += is_won_back ? 1 : 0;
    }
  }

  EXPECT_EQ(listed, expected);
  EXPECT_GT(won_back, 0u);
  std::set<ManagementActivity::Stage> seen;
  for (const auto& [name, stage] : expected) seen.insert(stage);
  EXPECT_EQ(seen.size(), 4u);
}

TEST_F(ManagementActivitiesTest, QC_05_ListsAllByNameOrThoseOfACustomer) {
  Feed();
  const auto all = ListAll(ManagementActivity::STAGE_UNSPECIFIED, 50);
  EXPECT_EQ(all.size(), business_.activities.size());
  EXPECT_TRUE(
      std::is_sorted(all.begin(), all.end(), [](const auto& a, const auto& b) {
        return a.activity() < b.activity();
      }));
  const std::string customer = business_.activities[0].customer;
  const auto count = std::count_if(
      business_.activities.begin(), business_.activities.end(),
      [&](const auto& activity) { return activity.customer == customer; });
  const auto his = ListAll(ManagementActivity::STAGE_UNSPECIFIED, 3, customer);
  EXPECT_EQ(static_cast<int64_t>(his.size()), count);
  for (const ManagementActivity& activity : his) {
    EXPECT_EQ(activity.customer(), customer);
    EXPECT_EQ(activity.kind(), "VISIT");
  }
}

TEST_F(ManagementActivitiesTest, LooksAtManyAndKeepsTenantsApart) {
  std::vector<internal::v1::Event> events;
  constexpr int kMany = 2'300;
  for (int i = 0; i < kMany; ++i) {
    operational::v1::Activity activity;
    activity.set_name(absl::StrCat("activities/a", i));
    activity.set_customer(absl::StrCat("customers/c", i % 3));
    activity.set_state(operational::v1::Activity::PLANNED);
    events.push_back(feeder_.MakeResourceEvent("crm/Activity", activity,
                                               activity.customer()));
  }
  ASSERT_THAT(feeder_.Apply(events), IsOk());
  Request request;
  request.set_stage(ManagementActivity::WIN_BACK);

  const auto page = List(request);

  ASSERT_THAT(page, IsOk());
  // None of those looked at, and there are more.
  EXPECT_EQ(page->management_activities_size(), 0);
  EXPECT_NE(page->next_page_token(), "");
  EXPECT_EQ(ListAll(ManagementActivity::APPROACH, 1'000).size(),
            static_cast<size_t>(kMany));
  // A token is for its own arguments.
  request.set_stage(ManagementActivity::RETAIN);
  request.set_page_token(page->next_page_token());
  EXPECT_EQ(List(request).status().code(), absl::StatusCode::kInvalidArgument);
  call_.principal.tenant = "globex";
  request.clear_page_token();
  const auto other = List(request);
  ASSERT_THAT(other, IsOk());
  EXPECT_EQ(other->management_activities_size(), 0);
  EXPECT_EQ(other->next_page_token(), "");
}

}  // namespace
}  // namespace crm::analytical

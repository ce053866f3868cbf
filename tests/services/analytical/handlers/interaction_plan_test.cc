#include "services/analytical/handlers/interaction_plan.h"

#include <map>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/analytical/domain/declared/interaction_plan.h"
#include "shared/base/clock.h"
#include "tests/services/analytical/handlers/customer_world.h"
#include "tests/services/analytical/text_proto.h"
#include "tests/support/matchers.h"

namespace crm::analytical {
namespace {

using crm::testing::IsOk;
using crm::testing::StatusIs;
using operational::v1::Activity;
using testing::CustomerWorld;
using testing::Proto;
using v1::DueInteraction;
using v1::InteractionPlan;

absl::Time Day(double day) { return CustomerWorld::Day(day); }

// Goes through all pages of two customers each. Returns who is due, by name.
std::map<std::string, DueInteraction> DueOf(CustomerWorld& world,
                                            absl::Time as_of) {
  std::map<std::string, DueInteraction> all;
  v1::PlanInteractionsRequest request;
  request.set_name("interactionPlans/top");
  *request.mutable_as_of_time() = ToTimestamp(as_of);
  request.set_page_size(2);
  do {
    const auto page = world.Call(HandlePlanInteractions, request);
    EXPECT_THAT(page, IsOk());
    if (!page.ok()) break;
    for (const DueInteraction& due : page->interactions()) {
      EXPECT_TRUE(all.emplace(due.customer(), due).second) << due.customer();
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  return all;
}

class PlanInteractionsTest : public ::testing::Test {
 protected:
  void AddPlan(const std::string& tier) {
    auto plan = Proto<InteractionPlan>(
        "name: 'interactionPlans/top' cadence_days: 10 activity_kind: VISIT "
        "channel: 'ON_SITE' value_tier: " +
        tier);
    world_.Store(plan);
  }

  CustomerWorld world_;
};

TEST_F(PlanInteractionsTest, ID_03_TheTierIsDueByTheLastMeeting) {
  AddPlan("TOP");
  for (const char* id : {"ada", "bea", "cleo", "dora", "eve"}) {
    world_.AddCustomer(id, "", Day(0));
  }
  world_.AddModel({{"ada", v1::ClvScore::TOP},
                   {"bea", v1::ClvScore::TOP},
                   {"cleo", v1::ClvScore::LOW},
                   {"eve", v1::ClvScore::TOP}},
                  Day(1));
  // Any meeting counts, the last one; what only the business does, does not.
  world_.AddActivity("ada", Activity::VISIT, Day(3));
  const std::string last = world_.AddActivity("ada", Activity::CALL, Day(8));
  world_.AddActivity("ada", Activity::TASK, Day(17));
  world_.AddActivity("ada", Activity::CALL, Day(17), Activity::CANCELLED);
  world_.AddActivity("bea", Activity::MEETING, Day(15));
  world_.SetNow(Day(30));

  const auto due = DueOf(world_, Day(18));

  ASSERT_EQ(due.size(), 2U);
  const DueInteraction& ada = due.at("customers/ada");
  EXPECT_EQ(ada.last_activity(), last);
  EXPECT_EQ(FromTimestamp(ada.last_time()), Day(8));
  EXPECT_EQ(FromTimestamp(ada.due_time()), Day(18));
  EXPECT_EQ(ada.activity_kind(), Activity::VISIT);
  EXPECT_EQ(ada.channel(), "ON_SITE");
  const DueInteraction& eve = due.at("customers/eve");
  EXPECT_EQ(eve.last_activity(), "");
  EXPECT_FALSE(eve.has_last_time());
  EXPECT_EQ(FromTimestamp(eve.due_time()), Day(10));
  EXPECT_EQ(DueOf(world_, Day(18) - absl::Seconds(1)).size(), 1U);
  EXPECT_EQ(DueOf(world_, Day(25)).size(), 3U);
}

TEST_F(PlanInteractionsTest, ID_03_WithoutAModelEverybodyIsUnknown) {
  AddPlan("UNKNOWN");
  for (const char* id : {"ada", "bea", "cleo"}) {
    world_.AddCustomer(id, "", Day(0));
  }
  world_.SetNow(Day(30));

  EXPECT_EQ(DueOf(world_, Day(30)).size(), 3U);
}

TEST_F(PlanInteractionsTest, RefusesTheFuture) {
  AddPlan("TOP");
  world_.SetNow(Day(1));
  v1::PlanInteractionsRequest request;
  request.set_name("interactionPlans/top");
  *request.mutable_as_of_time() = ToTimestamp(Day(2));

  EXPECT_THAT(world_.Call(HandlePlanInteractions, request),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

TEST(PrepareInteractionPlan, ID_03_ACustomerIsMetInPerson) {
  for (const auto& [kind, meets] :
       std::map<Activity::Kind, bool>{{Activity::KIND_UNSPECIFIED, false},
                                      {Activity::TASK, false},
                                      {Activity::CALL, true},
                                      {Activity::MEETING, true},
                                      {Activity::VISIT, true},
                                      {Activity::NOTE, false}}) {
    InteractionPlan plan;
    plan.set_activity_kind(kind);
    EXPECT_EQ(PrepareInteractionPlan(nullptr, plan, {}).ok(), meets)
        << Activity::Kind_Name(kind);
  }
}

}  // namespace
}  // namespace crm::analytical

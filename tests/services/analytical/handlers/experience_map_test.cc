#include "services/analytical/handlers/experience_map.h"

#include <map>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/clock.h"
#include "tests/services/analytical/handlers/customer_world.h"
#include "tests/support/matchers.h"

namespace crm::analytical {
namespace {

using crm::testing::IsOk;
using crm::testing::StatusIs;
using operational::v1::Activity;
using testing::CustomerWorld;
using v1::ExperienceAnswers;
using v1::ExperienceMap;
using v1::Lifecycle;
using v1::Touchpoint;
using Response = collaborative::v1::SurveyResponse;

absl::Time Day(double day) { return CustomerWorld::Day(day); }

ExperienceMap MapOf(CustomerWorld& world, const std::string& customer) {
  v1::GetExperienceMapRequest request;
  request.set_customer(customer);
  auto map = world.Call(HandleGetExperienceMap, request);
  EXPECT_THAT(map, IsOk());
  return map.ok() ? *std::move(map) : ExperienceMap();
}

std::vector<std::string> OriginsOf(const ExperienceMap& map) {
  std::vector<std::string> origins;
  for (const Touchpoint& touchpoint : map.touchpoints()) {
    origins.push_back(touchpoint.origin());
  }
  return origins;
}

TEST(ExperienceMap, CY_04_EveryTouchpointHasAnOriginAndTheStageOfItsTime) {
  CustomerWorld world;
  const auto first = world.AddRun("ada", 1,
                                  {{Lifecycle::VIRGIN, Day(10)},
                                   {Lifecycle::ACTIVATED, Day(20)},
                                   {Lifecycle::TERMINATED, Day(30)}});
  const auto second = world.AddRun("ada", 2, {{Lifecycle::VIRGIN, Day(40)}});
  const std::string before = world.AddActivity("ada", Activity::CALL, Day(5));
  const std::string visit = world.AddActivity("ada", Activity::VISIT, Day(10));
  const std::string order = world.AddOrder("ada", Day(25), 5);
  const std::string answer =
      world.AddAnswer("ada", Response::SATISFACTION, 4, Day(35));
  const std::string ease = world.AddAnswer("ada", Response::EASE, 7, Day(45));
  // What is no touchpoint: work of the business alone, what did not take place,
  // and others' customers.
  world.AddActivity("ada", Activity::TASK, Day(25));
  world.AddActivity("ada", Activity::NOTE, Day(25));
  world.AddActivity("ada", Activity::CALL, Day(25), Activity::CANCELLED);
  world.AddActivity("ada", Activity::MEETING, Day(25), Activity::PLANNED);
  world.AddOrder("bea", Day(25), 5);
  world.SetNow(Day(50));

  const ExperienceMap map = MapOf(world, "customers/ada");

  EXPECT_THAT(OriginsOf(map),
              ::testing::ElementsAre(before, visit, order, answer, ease));
  const std::vector<
      std::tuple<Lifecycle::Stage, std::string, Touchpoint::Kind, std::string>>
      expected = {
          {Lifecycle::STAGE_UNSPECIFIED, "", Touchpoint::ACTIVITY, "CALL"},
          {Lifecycle::VIRGIN, first.name(), Touchpoint::ACTIVITY, "VISIT"},
          {Lifecycle::ACTIVATED, first.name(), Touchpoint::ORDER, ""},
          {Lifecycle::TERMINATED, first.name(), Touchpoint::SURVEY,
           "SUPPORT_CHAT"},
          {Lifecycle::VIRGIN, second.name(), Touchpoint::SURVEY,
           "SUPPORT_CHAT"}};
  ASSERT_EQ(map.touchpoints_size(), std::ssize(expected));
  for (size_t i = 0; i < expected.size(); ++i) {
    const Touchpoint& shown = map.touchpoints(static_cast<int>(i));
    EXPECT_EQ(std::make_tuple(shown.stage(), shown.journey(), shown.kind(),
                              shown.channel()),
              expected[i])
        << i;
  }
  EXPECT_EQ(map.touchpoint_count(), 5);
  EXPECT_FALSE(map.freshness().newest_event_time().seconds() == 0);
}

TEST(ExperienceMap, CY_04_WithoutAnAnswerThereIsNoDataWhichIsNotZero) {
  CustomerWorld world;
  world.AddRun("ada", 1, {{Lifecycle::VIRGIN, Day(0)}});
  world.AddActivity("ada", Activity::CALL, Day(1));
  world.AddAnswer("ada", Response::SATISFACTION, 1, Day(2));
  world.AddAnswer("ada", Response::RECOMMENDATION, 10, Day(3));
  world.AddAnswer("ada", Response::EASE, 4, Day(4));
  world.SetNow(Day(9));

  const ExperienceMap map = MapOf(world, "customers/ada");

  ASSERT_EQ(map.touchpoints_size(), 4);
  const auto& call = map.touchpoints(0);
  EXPECT_EQ(call.sentiment().state(), ExperienceAnswers::NO_DATA);
  EXPECT_EQ(call.ease().state(), ExperienceAnswers::NO_DATA);
  const auto& worst = map.touchpoints(1);
  EXPECT_EQ(worst.sentiment().state(), ExperienceAnswers::MEASURED);
  EXPECT_EQ(worst.sentiment().mean_millionths(), 0);
  EXPECT_EQ(worst.ease().state(), ExperienceAnswers::NO_DATA);
  // The mean of 0 and 1; and half way from 1 to 7.
  ASSERT_EQ(map.stages_size(), 6);
  EXPECT_EQ(map.stages(1).sentiment().answer_count(), 2);
  EXPECT_EQ(map.stages(1).sentiment().mean_millionths(), 500'000);
  EXPECT_EQ(map.stages(1).ease().mean_millionths(), 500'000);
  EXPECT_EQ(map.stages(2).sentiment().state(), ExperienceAnswers::NO_DATA);
}

// The same counts, made by going through the runs step by step.
TEST(ExperienceMap, CY_04_ThePopulationIsTheSumOfItsCustomers) {
  std::mt19937_64 random(7);
  const auto pick = [&](int most) {
    return static_cast<int>(random() % static_cast<uint64_t>(most));
  };
  CustomerWorld world;
  std::map<std::string, std::vector<v1::LifecycleJourney>> runs;
  std::map<Lifecycle::Stage, int64_t> counts;
  std::map<Lifecycle::Stage, int64_t> orders;
  for (int c = 0; c < 12; ++c) {
    const std::string id = "c" + std::to_string(c);
    double day = pick(20);
    for (int run = 1; run <= pick(4); ++run) {
      std::vector<std::pair<Lifecycle::Stage, absl::Time>> steps;
      for (const auto stage : {Lifecycle::VIRGIN, Lifecycle::ACTIVATED,
                               Lifecycle::LATENT, Lifecycle::TERMINATED}) {
        steps.push_back({stage, Day(day)});
        day += 1 + pick(9);
      }
      runs[id].push_back(world.AddRun(id, run, steps));
    }
    for (int i = 0; i < 8; ++i) {
      const absl::Time time = Day(pick(100));
      const bool is_order = pick(2) == 0;
      if (is_order) {
        world.AddOrder(id, time, 1);
      } else {
        world.AddActivity(id, Activity::MEETING, time);
      }
      Lifecycle::Stage stage = Lifecycle::STAGE_UNSPECIFIED;
      for (const auto& run : runs[id]) {
        for (const auto& step : run.stage_history()) {
          if (FromTimestamp(step.enter_time()) <= time) stage = step.stage();
        }
      }
      ++counts[stage];
      if (is_order) ++orders[stage];
    }
  }
  world.SetNow(Day(200));

  const ExperienceMap all = MapOf(world, "");

  EXPECT_TRUE(all.touchpoints().empty());
  EXPECT_EQ(all.touchpoint_count(), 12 * 8);
  for (const auto& stage : all.stages()) {
    EXPECT_EQ(stage.touchpoint_count(), counts[stage.stage()]);
    int64_t ordered = 0;
    for (const auto& channel : stage.channels()) {
      if (channel.kind() == Touchpoint::ORDER) {
        ordered += channel.touchpoint_count();
      }
    }
    EXPECT_EQ(ordered, orders[stage.stage()]);
  }
  int64_t sum = 0;
  for (int c = 0; c < 12; ++c) {
    sum += MapOf(world, "customers/c" + std::to_string(c)).touchpoint_count();
  }
  EXPECT_EQ(sum, all.touchpoint_count());
}

TEST(ExperienceMap, KeepsToThePeriodAndRefusesOneThatDoesNotGrow) {
  CustomerWorld world;
  for (const double day : {1.0, 2.0, 3.0}) world.AddOrder("ada", Day(day), 1);
  world.SetNow(Day(9));
  v1::GetExperienceMapRequest request;
  *request.mutable_start_time() = ToTimestamp(Day(2));
  *request.mutable_end_time() = ToTimestamp(Day(3));

  const auto map = world.Call(HandleGetExperienceMap, request);
  ASSERT_THAT(map, IsOk());
  EXPECT_EQ(map->touchpoint_count(), 1);

  *request.mutable_end_time() = request.start_time();
  EXPECT_THAT(world.Call(HandleGetExperienceMap, request),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

TEST(ExperienceMap, ShowsTheNewestOfMany) {
  CustomerWorld world;
  std::vector<absl::Time> times;
  for (int i = 0; i < 502; ++i) times.push_back(Day(i));
  const std::string newest = world.AddOrders("ada", times);
  world.SetNow(Day(600));

  const ExperienceMap map = MapOf(world, "customers/ada");

  EXPECT_EQ(map.touchpoint_count(), 502);
  ASSERT_EQ(map.touchpoints_size(), 500);
  EXPECT_EQ(map.touchpoints(499).origin(), newest);
}

}  // namespace
}  // namespace crm::analytical

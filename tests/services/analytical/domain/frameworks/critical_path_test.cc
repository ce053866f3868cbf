#include "services/analytical/domain/frameworks/critical_path.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace crm::analytical {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

ProjectTimes MustPlan(const std::vector<PlannedWork>& work) {
  const auto plan = Plan(work);
  EXPECT_TRUE(std::holds_alternative<ProjectTimes>(plan));
  return std::get<ProjectTimes>(plan);
}

// Work that waits for work with lower numbers in a shuffled order, so that
// there is no cycle.
std::vector<PlannedWork> RandomWork(std::mt19937& random, int size) {
  std::vector<int> places(size);
  std::iota(places.begin(), places.end(), 0);
  std::shuffle(places.begin(), places.end(), random);
  std::vector<PlannedWork> work(size);
  for (int i = 0; i < size; ++i) {
    work[places[i]].duration = static_cast<int32_t>(random() % 6);
    for (int j = 0; j < i; ++j) {
      if (random() % 3 == 0) work[places[i]].after.push_back(places[j]);
    }
  }
  return work;
}

// All ways from `piece` on, over those that wait for it.
void EachWay(const std::vector<PlannedWork>& work, std::vector<int>& way,
             const std::function<void(const std::vector<int>&)>& tell) {
  bool last = true;
  for (int i = 0; i < static_cast<int>(work.size()); ++i) {
    const auto& after = work[i].after;
    if (std::count(after.begin(), after.end(), way.back()) == 0) continue;
    last = false;
    way.push_back(i);
    EachWay(work, way, tell);
    way.pop_back();
  }
  if (last) tell(way);
}

TEST(CriticalPath, PE_03_OfATextbookProject) {
  // A (3), B (4) after A, C (2) after A, D (5) after B, E (1) after C,
  // F (2) after D and E.
  const ProjectTimes plan =
      MustPlan({{3, {}}, {4, {0}}, {2, {0}}, {5, {1}}, {1, {2}}, {2, {3, 4}}});

  EXPECT_EQ(plan.duration, 14);
  EXPECT_THAT(plan.critical_path, ElementsAre(0, 1, 3, 5));
  EXPECT_EQ(plan.times[2].earliest_start, 3);
  EXPECT_EQ(plan.times[2].latest_start, 9);
  EXPECT_EQ(plan.times[4].slack(), 6);
  EXPECT_EQ(plan.times[5].earliest_start, 12);
}

TEST(CriticalPath, PE_03_WithoutWorkThereIsNothingToDo) {
  const ProjectTimes plan = MustPlan({});

  EXPECT_EQ(plan.duration, 0);
  EXPECT_THAT(plan.critical_path, IsEmpty());
}

TEST(CriticalPath, PE_03_GoesThroughMerePoints) {
  const ProjectTimes plan = MustPlan({{0, {}}, {2, {0}}, {0, {1}}, {1, {}}});

  EXPECT_EQ(plan.duration, 2);
  EXPECT_THAT(plan.critical_path, ElementsAre(0, 1, 2));
}

TEST(CriticalPath, PE_03_TellsACycleInWhichEachWaitsForTheNext) {
  const auto plan = Plan({{1, {}}, {1, {0, 3}}, {1, {1}}, {1, {2}}, {1, {3}}});

  ASSERT_TRUE(std::holds_alternative<Cycle>(plan));
  EXPECT_THAT(std::get<Cycle>(plan), ElementsAre(1, 3, 2));
}

// Longest ways are found by trying all.
TEST(CriticalPath, PE_03_EqualsTheLongestOfAllWays) {
  std::mt19937 random(3);
  for (int round = 0; round < 300; ++round) {
    const std::vector<PlannedWork> work = RandomWork(random, 1 + round % 9);
    const ProjectTimes plan = MustPlan(work);
    int32_t longest = 0;
    std::vector<int32_t> through(work.size());
    std::vector<int> first;
    for (int i = 0; i < static_cast<int>(work.size()); ++i) {
      if (!work[i].after.empty()) continue;
      std::vector<int> way = {i};
      EachWay(work, way, [&](const std::vector<int>& whole) {
        int32_t length = 0;
        for (const int piece : whole) length += work[piece].duration;
        for (const int piece : whole) {
          through[piece] = std::max(through[piece], length);
        }
        if (length > longest || first.empty()) {
          longest = length;
          first = whole;
        } else if (length == longest) {
          first = std::min(first, whole);
        }
      });
    }
    EXPECT_EQ(plan.duration, longest);
    EXPECT_EQ(plan.critical_path, first);
    for (size_t i = 0; i < work.size(); ++i) {
      EXPECT_EQ(plan.times[i].slack(), longest - through[i]) << i;
      EXPECT_EQ(plan.times[i].earliest_finish - plan.times[i].earliest_start,
                work[i].duration);
    }
  }
}

}  // namespace
}  // namespace crm::analytical

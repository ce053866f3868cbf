#include "services/analytical/domain/frameworks/service_floor.h"

#include <cstdint>

#include "gtest/gtest.h"

namespace crm::analytical {
namespace {

using v1::ClvScore;

v1::ServiceFloorReport ReportOf(ServiceTally strategic, ServiceTally others,
                                int32_t floor = 800'000) {
  v1::ServiceFloorReport report;
  FillServiceFloor({{ClvScore::HIGH, strategic}, {ClvScore::LOW, others}},
                   floor, report);
  return report;
}

TEST(ServiceFloor, VP_06_AlarmsWhereOthersFallBelowItBehindStrategicOnes) {
  struct Case {
    ServiceTally strategic;
    ServiceTally others;
    bool alarm;
  };
  const Case cases[] = {
      // Below the floor, and behind.
      {{10, 9}, {10, 7}, true},
      // At the floor.
      {{10, 9}, {10, 8}, false},
      // Below it, but served as well or better.
      {{10, 7}, {10, 7}, false},
      {{10, 6}, {10, 7}, false},
      // A hair behind, where millionths are the same.
      {{10'000'000, 7'000'001}, {10'000'000, 7'000'000}, true},
      // Nothing to tell by on one side.
      {{0, 0}, {10, 0}, false},
      {{10, 10}, {0, 0}, false},
  };
  for (const Case& test : cases) {
    EXPECT_EQ(ReportOf(test.strategic, test.others).alarm(), test.alarm)
        << test.strategic.attained << " " << test.others.attained;
  }
}

TEST(ServiceFloor, VP_06_SumsTheTiersUpAndSaysWhereThereIsNone) {
  v1::ServiceFloorReport report;
  FillServiceFloor({{ClvScore::TOP, {2, 2}},
                    {ClvScore::HIGH, {4, 1}},
                    {ClvScore::MIDDLE, {3, 1}},
                    {ClvScore::UNKNOWN, {5, 4}}},
                   500'000, report);

  ASSERT_EQ(report.tiers_size(), 5);
  EXPECT_EQ(report.tiers(0).value_tier(), ClvScore::TOP);
  EXPECT_EQ(report.tiers(2).attainment_millionths(), 333'333);
  EXPECT_FALSE(report.tiers(3).has_attainment());
  EXPECT_EQ(report.tiers(4).value_tier(), ClvScore::UNKNOWN);
  EXPECT_EQ(report.strategic().decided_count(), 6);
  EXPECT_EQ(report.strategic().attainment_millionths(), 500'000);
  EXPECT_EQ(report.others().decided_count(), 8);
  EXPECT_EQ(report.others().attainment_millionths(), 625'000);
}

}  // namespace
}  // namespace crm::analytical

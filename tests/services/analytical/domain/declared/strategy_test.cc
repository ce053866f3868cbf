#include "services/analytical/domain/declared/strategy.h"

#include <optional>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/services/analytical/text_proto.h"
#include "tests/support/matchers.h"

namespace crm::analytical {
namespace {

using testing::Proto;
using v1::ObjectiveStatus;
using v1::Strategy;

// From 100 to 200 in the ten days from January 1.
constexpr char kRise[] =
    "objective_id: 'o' metric { kind: ORDERS } direction: INCREASE "
    "baseline_millionths: 100 target_millionths: 200 "
    "start_date { year: 2026 month: 1 day: 1 } "
    "due_date { year: 2026 month: 1 day: 10 }";
// From 200 to 100 in them.
constexpr char kFall[] =
    "objective_id: 'o' metric { kind: REPEAT_RATE } direction: DECREASE "
    "baseline_millionths: 200 target_millionths: 100 "
    "start_date { year: 2026 month: 1 day: 1 } "
    "due_date { year: 2026 month: 1 day: 10 }";

absl::Time January(int day) {
  return absl::FromCivil(absl::CivilDay(2026, 1, day), absl::UTCTimeZone());
}

struct Case {
  const char* objective;
  std::optional<int64_t> value;
  absl::Time as_of;
  ObjectiveStatus::Status status;
  int64_t expected;
};

TEST(StandingOf, GoesByTheStraightWayFromBaselineToTarget) {
  const Case cases[] = {
      {kRise, 100, January(1), ObjectiveStatus::ON_TRACK, 100},
      {kRise, 99, January(1), ObjectiveStatus::AT_RISK, 100},
      {kRise, 150, January(6), ObjectiveStatus::ON_TRACK, 150},
      {kRise, 149, January(6), ObjectiveStatus::AT_RISK, 150},
      // A microsecond more, and 150 is too little, though the rounded
      // expectation is the same.
      {kRise, 150, January(6) + absl::Microseconds(1), ObjectiveStatus::AT_RISK,
       150},
      {kRise, 200, January(2), ObjectiveStatus::MET, 110},
      {kRise, 199, January(11) - absl::Microseconds(1),
       ObjectiveStatus::AT_RISK, 200},
      {kRise, 199, January(11), ObjectiveStatus::MISSED, 200},
      {kRise, 200, January(20), ObjectiveStatus::MET, 200},
      {kRise, std::nullopt, January(6), ObjectiveStatus::NO_DATA, 150},
      {kRise, std::nullopt, January(20), ObjectiveStatus::NO_DATA, 200},
      {kFall, 150, January(6), ObjectiveStatus::ON_TRACK, 150},
      {kFall, 151, January(6), ObjectiveStatus::AT_RISK, 150},
      {kFall, 100, January(6), ObjectiveStatus::MET, 150},
      {kFall, 101, January(11), ObjectiveStatus::MISSED, 100},
  };
  for (const Case& c : cases) {
    const ObjectiveStatus standing =
        StandingOf(Proto<Strategy::Objective>(c.objective), c.value, c.as_of);
    EXPECT_EQ(standing.status(), c.status)
        << c.value.value_or(-1) << " at " << c.as_of;
    EXPECT_EQ(standing.expected_millionths(), c.expected) << c.as_of;
  }
}

TEST(StandingOf, HoldsTheGreatestDistances) {
  auto objective = Proto<Strategy::Objective>(kRise);
  objective.set_baseline_millionths(std::numeric_limits<int64_t>::min());
  objective.set_target_millionths(std::numeric_limits<int64_t>::max());

  const ObjectiveStatus standing = StandingOf(objective, -1, January(6));

  EXPECT_EQ(standing.status(), ObjectiveStatus::AT_RISK);
  EXPECT_EQ(standing.expected_millionths(), 0);
}

TEST(WindowOf, EndsWithTheDueDate) {
  auto objective = Proto<Strategy::Objective>(kRise);

  EXPECT_EQ(WindowOf(objective, January(6)).start, January(1));
  EXPECT_EQ(WindowOf(objective, January(6)).end, January(6));
  EXPECT_EQ(WindowOf(objective, January(20)).end, January(11));
  objective.mutable_metric()->set_period_days(2);
  EXPECT_EQ(WindowOf(objective, January(20)).start, January(9));
}

}  // namespace
}  // namespace crm::analytical

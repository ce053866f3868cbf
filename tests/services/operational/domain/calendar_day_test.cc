#include "services/operational/domain/calendar_day.h"

#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using absl::CivilDay;
using ::crm::testing::EqualsProto;

TEST(CalendarDay, IsADateAndText) {
  const CivilDay day(987, 2, 3);

  EXPECT_THAT(FromDay(day), EqualsProto("year: 987 month: 2 day: 3"));
  EXPECT_EQ(ToDay(FromDay(day)), day);
  EXPECT_EQ(FormatDay(day), "0987-02-03");
}

TEST(CalendarDay, IsThatOfUtc) {
  EXPECT_EQ(DayOf(absl::FromUnixSeconds(86'399)), CivilDay(1970, 1, 1));
  EXPECT_EQ(DayOf(absl::FromUnixSeconds(86'400)), CivilDay(1970, 1, 2));
}

TEST(AddMonths, KeepsTheDayOrTakesTheLast) {
  EXPECT_EQ(AddMonths(CivilDay(2026, 1, 31), 1), CivilDay(2026, 2, 28));
  EXPECT_EQ(AddMonths(CivilDay(2028, 1, 31), 1), CivilDay(2028, 2, 29));
  EXPECT_EQ(AddMonths(CivilDay(2026, 1, 31), 2), CivilDay(2026, 3, 31));
  EXPECT_EQ(AddMonths(CivilDay(2026, 12, 15), 13), CivilDay(2028, 1, 15));
}

}  // namespace
}  // namespace crm::operational

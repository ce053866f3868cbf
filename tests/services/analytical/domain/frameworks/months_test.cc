#include "services/analytical/domain/frameworks/months.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/analytical/domain/frameworks/steadiness.h"

namespace crm::analytical {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;

absl::Time At(int year, int month, int day, int hour = 0) {
  return absl::FromCivil(absl::CivilHour(year, month, day, hour),
                         absl::UTCTimeZone());
}

std::vector<int64_t> NumbersOf(const std::vector<Month>& months) {
  std::vector<int64_t> numbers;
  for (const Month& month : months) numbers.push_back(month.number);
  return numbers;
}

TEST(Months, CountFrom1970BothWays) {
  EXPECT_EQ(MonthNumber(At(1970, 1, 31, 23)), 0);
  EXPECT_EQ(MonthNumber(At(1969, 12, 31, 23)), -1);
  EXPECT_EQ(MonthOf(13).start, At(1971, 2, 1));
  EXPECT_EQ(MonthOf(13).end, At(1971, 3, 1));
}

TEST(Months, AreWholeOrLeftOut) {
  EXPECT_THAT(NumbersOf(WholeMonths(At(1970, 1, 1), At(1970, 4, 1), 60)),
              ElementsAre(0, 1, 2));
  EXPECT_THAT(
      NumbersOf(WholeMonths(At(1970, 1, 1, 1), At(1970, 3, 31, 23), 60)),
      ElementsAre(1));
  EXPECT_THAT(NumbersOf(WholeMonths(At(1970, 1, 2), At(1970, 1, 30), 60)),
              ElementsAre());
  EXPECT_THAT(NumbersOf(WholeMonths(At(1950, 1, 1), At(1970, 4, 1), 2)),
              ElementsAre(1, 2));
}

TEST(Steadiness, GX_06_IsTheMeanSquareAroundTheMean) {
  const Steadiness steadiness = MeasureSteadiness({2, 4, 4, 4, 5, 5, 7, 9});

  EXPECT_EQ(steadiness.mean, 5);
  EXPECT_THAT(steadiness.variance, DoubleNear(4, 1e-12));
  EXPECT_THAT(steadiness.variation, DoubleNear(.4, 1e-12));
}

TEST(Steadiness, GX_06_IsNothingWithoutSales) {
  EXPECT_EQ(MeasureSteadiness({}).variation, 0);
  EXPECT_EQ(MeasureSteadiness({0, 0}).variation, 0);
  EXPECT_EQ(MeasureSteadiness({3, 3}).variance, 0);
}

}  // namespace
}  // namespace crm::analytical

#include "services/analytical/domain/frameworks/months.h"

#include <algorithm>

namespace crm::analytical {
namespace {

constexpr absl::CivilMonth kFirst(1970, 1);

absl::Time StartOf(absl::CivilMonth month) {
  return absl::FromCivil(month, absl::UTCTimeZone());
}

}  // namespace

Month MonthOf(int64_t number) {
  const absl::CivilMonth month = kFirst + number;
  return {number, StartOf(month), StartOf(month + 1)};
}

int64_t MonthNumber(absl::Time time) {
  return absl::ToCivilMonth(time, absl::UTCTimeZone()) - kFirst;
}

std::vector<Month> WholeMonths(absl::Time start, absl::Time end, size_t most) {
  std::vector<Month> months;
  // The month of the end itself is whole only if it has not begun.
  for (int64_t number = MonthNumber(end) - 1; months.size() < most; --number) {
    const Month month = MonthOf(number);
    if (month.start < start) break;
    months.push_back(month);
  }
  std::reverse(months.begin(), months.end());
  return months;
}

}  // namespace crm::analytical

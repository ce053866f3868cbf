#include "services/operational/domain/business_calendar.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "google/type/date.pb.h"
#include "shared/base/errors.h"

namespace crm::operational {
namespace {

using Intervals =
    google::protobuf::RepeatedPtrField<v1::BusinessCalendar::Interval>;

absl::CivilDay DayOf(const google::type::Date& date) {
  return absl::CivilDay(date.year(), date.month(), date.day());
}

// The number of a weekday by ISO 8601.
int IsoWeekday(absl::CivilDay day) {
  return static_cast<int>(absl::GetWeekday(day)) + 1;
}

void CheckIntervals(const Intervals& intervals, const std::string& path,
                    std::vector<FieldViolation>& violations) {
  int end = 0;
  for (int i = 0; i < intervals.size(); ++i) {
    const auto& interval = intervals.at(i);
    const std::string field = absl::StrCat(path, ".intervals[", i, "]");
    if (interval.end_minute() <= interval.start_minute()) {
      violations.push_back({field, "must end after it starts."});
    } else if (i > 0 && interval.start_minute() < end) {
      violations.push_back({field,
                            "must not start before the one before ends: "
                            "intervals are in their order."});
    }
    end = std::max(end, interval.end_minute());
  }
}

// The hours of days, found by the day.
class Hours {
 public:
  explicit Hours(const v1::BusinessCalendar& calendar) {
    for (const auto& weekday : calendar.weekdays()) {
      weekdays_[weekday.weekday()] = &weekday.intervals();
    }
    for (const auto& exception : calendar.exceptions()) {
      exceptions_[DayOf(exception.date())] = &exception.intervals();
    }
  }

  // Returns the hours of `day`; null if it is closed.
  const Intervals* Of(absl::CivilDay day) const {
    if (const auto found = exceptions_.find(day); found != exceptions_.end()) {
      return found->second;
    }
    const auto found = weekdays_.find(IsoWeekday(day));
    return found == weekdays_.end() ? nullptr : found->second;
  }

  bool never_open() const { return weekdays_.empty() && exceptions_.empty(); }

 private:
  std::map<int, const Intervals*> weekdays_;
  std::map<absl::CivilDay, const Intervals*> exceptions_;
};

// Returns the spans of the intervals that begin on `day`.
std::vector<TimeSpan> SpansOf(const Hours& hours, absl::CivilDay day,
                              absl::TimeZone zone) {
  std::vector<TimeSpan> spans;
  const Intervals* intervals = hours.Of(day);
  if (intervals == nullptr) return spans;
  const auto at = [&](int minute) {
    return zone.At(absl::CivilSecond(absl::CivilMinute(day) + minute)).pre;
  };
  for (const auto& interval : *intervals) {
    spans.push_back({at(interval.start_minute()), at(interval.end_minute())});
  }
  return spans;
}

absl::Status TooSparse(const v1::BusinessCalendar& calendar) {
  return FailedPrecondition(
      "CALENDAR_TOO_SPARSE",
      absl::StrCat("'", calendar.name(), "' is not open for that long within ",
                   kMaxCalendarYears,
                   " years: give it more hours, or ask for less time."),
      calendar.name());
}

}  // namespace

absl::Status PrepareBusinessCalendar(const v1::BusinessCalendar* /*before*/,
                                     v1::BusinessCalendar& after,
                                     const RuleContext& /*context*/) {
  std::vector<FieldViolation> violations;
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(after.time_zone(), &zone)) {
    violations.push_back({"business_calendar.time_zone",
                          "must be an IANA time zone, as 'Europe/Vienna'."});
  }
  std::set<int> weekdays;
  for (int i = 0; i < after.weekdays_size(); ++i) {
    const std::string path =
        absl::StrCat("business_calendar.weekdays[", i, "]");
    if (!weekdays.insert(after.weekdays(i).weekday()).second) {
      violations.push_back({path, "must be a weekday that stands only once."});
    }
    CheckIntervals(after.weekdays(i).intervals(), path, violations);
  }
  std::set<absl::CivilDay> days;
  for (int i = 0; i < after.exceptions_size(); ++i) {
    const std::string path =
        absl::StrCat("business_calendar.exceptions[", i, "]");
    const google::type::Date& date = after.exceptions(i).date();
    if (date.year() == 0 || date.month() == 0 || date.day() == 0 ||
        !days.insert(DayOf(date)).second) {
      violations.push_back({path, "must be of a whole date, each once."});
    }
    CheckIntervals(after.exceptions(i).intervals(), path, violations);
  }
  return violations.empty() ? absl::OkStatus() : BadRequest(violations);
}

absl::StatusOr<absl::Time> AddBusinessTime(const v1::BusinessCalendar& calendar,
                                           absl::Time start,
                                           absl::Duration duration) {
  if (duration <= absl::ZeroDuration()) return start;
  absl::TimeZone zone;
  const Hours hours(calendar);
  if (absl::LoadTimeZone(calendar.time_zone(), &zone) && !hours.never_open()) {
    // What began up to two days before may still be open.
    constexpr int kLongestInterval = 2;
    const absl::CivilDay first(zone.At(start).cs);
    const absl::CivilDay last(absl::CivilYear(first) + kMaxCalendarYears);
    // Up to where the time that has passed was counted: intervals of two days
    // may overlap.
    absl::Time reached = start;
    absl::Duration left = duration;
    for (absl::CivilDay day = first - kLongestInterval; day < last; ++day) {
      for (const TimeSpan& span : SpansOf(hours, day, zone)) {
        const absl::Time from = std::max(span.start, reached);
        if (from >= span.end) continue;
        if (span.end - from >= left) return from + left;
        left -= span.end - from;
        reached = span.end;
      }
    }
  }
  return TooSparse(calendar);
}

absl::StatusOr<absl::Time> AddBusinessDays(const v1::BusinessCalendar& calendar,
                                           absl::Time start, int days) {
  if (days <= 0) return start;
  absl::TimeZone zone;
  const Hours hours(calendar);
  if (absl::LoadTimeZone(calendar.time_zone(), &zone) && !hours.never_open()) {
    const absl::CivilSecond from = zone.At(start).cs;
    const absl::CivilDay first(from);
    const absl::CivilDay last(absl::CivilYear(first) + kMaxCalendarYears);
    int left = days;
    for (absl::CivilDay day = first + 1; day < last; ++day) {
      if (SpansOf(hours, day, zone).empty() || --left > 0) continue;
      const absl::CivilSecond at(day.year(), day.month(), day.day(),
                                 from.hour(), from.minute(), from.second());
      return zone.At(at).pre;
    }
  }
  return TooSparse(calendar);
}

}  // namespace crm::operational

#include "services/operational/domain/business_calendar.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "shared/base/errors.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::IsOkAndHolds;
using ::crm::testing::StatusIs;

v1::BusinessCalendar Parse(const std::string& text) {
  v1::BusinessCalendar calendar;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      absl::StrCat("name: 'businessCalendars/c' ", text), &calendar));
  return calendar;
}

// Monday to Friday, 9 to 12 and 13 to 17 in Vienna.
v1::BusinessCalendar Office(const std::string& more = "") {
  std::string text = "time_zone: 'Europe/Vienna' ";
  for (int day = 1; day <= 5; ++day) {
    absl::StrAppend(&text, "weekdays { weekday: ", day,
                    " intervals { start_minute: 540 end_minute: 720 } "
                    "intervals { start_minute: 780 end_minute: 1020 } } ");
  }
  return Parse(absl::StrCat(text, more));
}

absl::Time Vienna(const std::string& text) {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone("Europe/Vienna", &zone));
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime("%Y-%m-%d %H:%M", text, zone, &time, &error));
  return time;
}

TEST(AddBusinessTime, A52_CountsTheOpenTimeAlone) {
  struct Case {
    const char* start;
    absl::Duration duration;
    const char* end;
  };
  // 6 January 2025 is a Monday.
  for (const Case& test : std::initializer_list<Case>{
           {"2025-01-06 09:00", absl::Hours(1), "2025-01-06 10:00"},
           // Up to the end of an interval is not into the next one.
           {"2025-01-06 09:00", absl::Hours(3), "2025-01-06 12:00"},
           {"2025-01-06 11:00", absl::Hours(2), "2025-01-06 14:00"},
           // Before, between and after hours nothing passes.
           {"2025-01-06 06:00", absl::Minutes(30), "2025-01-06 09:30"},
           {"2025-01-06 12:15", absl::Minutes(30), "2025-01-06 13:30"},
           {"2025-01-06 18:00", absl::Hours(1), "2025-01-07 10:00"},
           // Over a weekend, and a whole week of 35 hours.
           {"2025-01-10 16:00", absl::Hours(2), "2025-01-13 10:00"},
           {"2025-01-06 09:00", absl::Hours(35), "2025-01-10 17:00"},
           {"2025-01-06 09:00", absl::Hours(36), "2025-01-13 10:00"},
           {"2025-01-05 03:00", absl::ZeroDuration(), "2025-01-05 03:00"}}) {
    EXPECT_THAT(AddBusinessTime(Office(), Vienna(test.start), test.duration),
                IsOkAndHolds(Vienna(test.end)))
        << test.start << " + " << test.duration;
  }
}

TEST(AddBusinessTime, A52_HolidaysAreClosedAndOtherDaysHaveTheirHours) {
  const v1::BusinessCalendar calendar = Office(
      "exceptions { date { year: 2025 month: 1 day: 7 } } "
      "exceptions { date { year: 2025 month: 1 day: 11 } "
      "  intervals { start_minute: 600 end_minute: 660 } }");

  EXPECT_THAT(
      AddBusinessTime(calendar, Vienna("2025-01-06 16:00"), absl::Hours(2)),
      IsOkAndHolds(Vienna("2025-01-08 10:00")));
  EXPECT_THAT(
      AddBusinessTime(calendar, Vienna("2025-01-10 16:30"), absl::Hours(2)),
      IsOkAndHolds(Vienna("2025-01-13 09:30")));
}

TEST(AddBusinessTime, A52_AnIntervalMayEndOnTheNextDay) {
  // Friday 22:00 to Saturday 6:00.
  const v1::BusinessCalendar night = Parse(
      "time_zone: 'Europe/Vienna' weekdays { weekday: 5 "
      "intervals { start_minute: 1320 end_minute: 1800 } }");

  EXPECT_THAT(
      AddBusinessTime(night, Vienna("2025-01-10 21:00"), absl::Hours(3)),
      IsOkAndHolds(Vienna("2025-01-11 01:00")));
  // It is still open when the clock starts after midnight.
  EXPECT_THAT(
      AddBusinessTime(night, Vienna("2025-01-11 05:00"), absl::Hours(2)),
      IsOkAndHolds(Vienna("2025-01-17 23:00")));
}

TEST(AddBusinessTime, A52_TimeIsCountedOnceWhereDaysOverlap) {
  const v1::BusinessCalendar always = Parse(
      "time_zone: 'UTC' "
      "weekdays { weekday: 1 intervals { end_minute: 2880 } } "
      "weekdays { weekday: 2 intervals { end_minute: 1440 } }");
  // Monday and Tuesday have 48 hours, however they are written down.
  EXPECT_THAT(AddBusinessTime(always, absl::FromUnixSeconds(1'736'121'600),
                              absl::Hours(49)),
              IsOkAndHolds(absl::FromUnixSeconds(1'736'121'600) +
                           absl::Hours(7 * 24 + 1)));
}

TEST(AddBusinessTime, A52_IntervalsAreAsLongAsTheClockMakesThem) {
  // Sunday from midnight to six, when clocks are moved: 5 hours on 30 March
  // 2025, 7 on 26 October.
  const v1::BusinessCalendar sundays = Parse(
      "time_zone: 'Europe/Vienna' weekdays { weekday: 7 "
      "intervals { end_minute: 360 } }");

  EXPECT_THAT(
      AddBusinessTime(sundays, Vienna("2025-03-29 12:00"), absl::Hours(5)),
      IsOkAndHolds(Vienna("2025-03-30 06:00")));
  EXPECT_THAT(
      AddBusinessTime(sundays, Vienna("2025-03-29 12:00"), absl::Hours(6)),
      IsOkAndHolds(Vienna("2025-04-06 01:00")));
  EXPECT_THAT(
      AddBusinessTime(sundays, Vienna("2025-10-25 12:00"), absl::Hours(7)),
      IsOkAndHolds(Vienna("2025-10-26 06:00")));
}

TEST(AddBusinessTime, ACalendarThatIsHardlyEverOpenIsRefused) {
  const absl::Time start = Vienna("2025-01-06 09:00");
  EXPECT_THAT(
      AddBusinessTime(Parse("time_zone: 'UTC'"), start, absl::Hours(1)),
      StatusIs(absl::StatusCode::kFailedPrecondition, "CALENDAR_TOO_SPARSE"));
  EXPECT_THAT(
      AddBusinessTime(Parse("time_zone: 'UTC' weekdays { weekday: 1 "
                            "intervals { end_minute: 1 } }"),
                      start, absl::Hours(24 * 365 * 10)),
      StatusIs(absl::StatusCode::kFailedPrecondition, "CALENDAR_TOO_SPARSE"));
}

TEST(PrepareBusinessCalendar, A52_RefusesDaysThatCannotBe) {
  v1::BusinessCalendar calendar = Office();
  EXPECT_THAT(PrepareBusinessCalendar(nullptr, calendar, {}), IsOk());

  calendar = Parse(
      "time_zone: 'Mars/Olympus' "
      "weekdays { weekday: 1 intervals { start_minute: 9 end_minute: 9 } } "
      "weekdays { weekday: 1 intervals { start_minute: 0 end_minute: 60 } "
      "  intervals { start_minute: 59 end_minute: 90 } } "
      "exceptions { date { year: 2025 month: 1 day: 7 } } "
      "exceptions { date { year: 2025 month: 1 day: 7 } } "
      "exceptions { date { year: 2025 month: 1 } }");
  const auto violations =
      FieldViolations(PrepareBusinessCalendar(nullptr, calendar, {}));

  std::vector<std::string> fields;
  for (const FieldViolation& violation : violations) {
    fields.push_back(violation.field);
  }
  EXPECT_EQ(fields, (std::vector<std::string>{
                        "business_calendar.time_zone",
                        "business_calendar.weekdays[0].intervals[0]",
                        "business_calendar.weekdays[1]",
                        "business_calendar.weekdays[1].intervals[1]",
                        "business_calendar.exceptions[1]",
                        "business_calendar.exceptions[2]"}));
}

TEST(AddBusinessDays, CountsTheDaysOnWhichItOpens) {
  struct Case {
    const char* start;
    int days;
    const char* end;
  };
  for (const Case& test : std::initializer_list<Case>{
           {"2026-05-04 10:30", 0, "2026-05-04 10:30"},
           {"2026-05-04 10:30", 1, "2026-05-05 10:30"},
           // Over a weekend, and from one.
           {"2026-05-08 10:30", 1, "2026-05-11 10:30"},
           {"2026-05-09 23:00", 1, "2026-05-11 23:00"},
           {"2026-05-04 10:30", 10, "2026-05-18 10:30"},
           // The clock is moved on the Sunday between.
           {"2026-03-27 10:30", 1, "2026-03-30 10:30"}}) {
    EXPECT_THAT(AddBusinessDays(Office(), Vienna(test.start), test.days),
                IsOkAndHolds(Vienna(test.end)))
        << test.start << " + " << test.days;
  }
  EXPECT_THAT(AddBusinessDays(Office("exceptions { date { year: 2026 month: 5 "
                                     "day: 5 } }"),
                              Vienna("2026-05-04 10:30"), 1),
              IsOkAndHolds(Vienna("2026-05-06 10:30")));
  EXPECT_THAT(
      AddBusinessDays(Parse("time_zone: 'UTC'"), Vienna("2026-05-04 10:30"), 1),
      StatusIs(absl::StatusCode::kFailedPrecondition, "CALENDAR_TOO_SPARSE"));
}

}  // namespace
}  // namespace crm::operational

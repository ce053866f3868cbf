#include "services/operational/domain/recurrence.h"

#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace crm::operational {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

absl::TimeZone Zone(const std::string& name) {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone(name, &zone)) << name;
  return zone;
}

absl::Time Utc(const std::string& text) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime("%Y-%m-%d %H:%M", text, &time, &error)) << error;
  return time;
}

RecurrenceSeries Series(const std::string& rule, const std::string& start_utc,
                        const std::string& zone = "Europe/Vienna") {
  return {.rule = rule, .zone = Zone(zone), .start = Utc(start_utc)};
}

// Returns up to `count` occurrences after the start, in UTC.
std::vector<std::string> After(const RecurrenceSeries& series, int count) {
  std::vector<std::string> times;
  absl::Time last = series.start;
  for (int i = 0; i < count; ++i) {
    const std::optional<absl::Time> next = NextOccurrence(series, last);
    if (!next.has_value()) break;
    times.push_back(
        absl::FormatTime("%Y-%m-%d %H:%M", *next, absl::UTCTimeZone()));
    last = *next;
  }
  return times;
}

TEST(NextOccurrence, PAIN_23_StaysAtItsHourWhenClocksAreMoved) {
  // Mondays at nine in Vienna; clocks go forward on 30 March 2025.
  EXPECT_THAT(
      After(Series("FREQ=WEEKLY;BYDAY=MO", "2025-03-17 08:00"), 3),
      ElementsAre("2025-03-24 08:00", "2025-03-31 07:00", "2025-04-07 07:00"));
  // And back on 26 October.
  EXPECT_THAT(
      After(Series("FREQ=DAILY", "2025-10-24 07:00"), 3),
      ElementsAre("2025-10-25 07:00", "2025-10-26 08:00", "2025-10-27 08:00"));
  // In the south it is the other way round.
  EXPECT_THAT(
      After(Series("FREQ=DAILY", "2025-04-04 22:00", "Australia/Sydney"), 2),
      ElementsAre("2025-04-05 23:00", "2025-04-06 23:00"));
}

TEST(NextOccurrence, TakesAnHourThatIsLeftOutByTheOffsetBefore) {
  // Half past two does not exist on 30 March 2025: it is half past three.
  EXPECT_THAT(After(Series("FREQ=DAILY", "2025-03-29 01:30"), 2),
              ElementsAre("2025-03-30 01:30", "2025-03-31 00:30"));
}

TEST(NextOccurrence, TakesTheFirstOfAnHourThatComesTwice) {
  EXPECT_THAT(After(Series("FREQ=DAILY", "2025-10-25 00:30"), 2),
              ElementsAre("2025-10-26 00:30", "2025-10-27 01:30"));
}

TEST(NextOccurrence, KeepsTheDayOfTheZone) {
  // The 1st in Auckland begins on the day before in UTC.
  EXPECT_THAT(After(Series("FREQ=MONTHLY;BYMONTHDAY=1", "2025-05-31 20:00",
                           "Pacific/Auckland"),
                    2),
              ElementsAre("2025-06-30 20:00", "2025-07-31 20:00"));
}

TEST(NextOccurrence, FollowsTheExamplesOfTheStandard) {
  // RFC 5545, 3.8.5.3, in New York.
  const auto new_york = [](const std::string& rule, const std::string& start) {
    return Series(rule, start, "America/New_York");
  };
  // The first Friday of the month.
  EXPECT_THAT(
      After(new_york("FREQ=MONTHLY;COUNT=10;BYDAY=1FR", "1997-09-05 13:00"), 3),
      ElementsAre("1997-10-03 13:00", "1997-11-07 14:00", "1997-12-05 14:00"));
  // The second-to-last Monday of the month.
  EXPECT_THAT(
      After(new_york("FREQ=MONTHLY;COUNT=6;BYDAY=-2MO", "1997-09-22 13:00"), 9),
      ElementsAre("1997-10-20 13:00", "1997-11-17 14:00", "1997-12-22 14:00",
                  "1998-01-19 14:00", "1998-02-16 14:00"));
  // Every other week on Tuesday and Thursday, with weeks from Sunday.
  EXPECT_THAT(After(new_york("FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;"
                             "BYDAY=TU,TH",
                             "1997-09-02 13:00"),
                    4),
              ElementsAre("1997-09-04 13:00", "1997-09-16 13:00",
                          "1997-09-18 13:00", "1997-09-30 13:00"));
  // The last weekday of the month but one.
  EXPECT_THAT(
      After(new_york("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
                     "1997-09-29 13:00"),
            3),
      ElementsAre("1997-10-30 14:00", "1997-11-27 14:00", "1997-12-30 14:00"));
  // Days that do not exist are left out.
  EXPECT_THAT(After(new_york("FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5",
                             "2007-01-15 14:00"),
                    9),
              ElementsAre("2007-01-30 14:00", "2007-02-15 14:00",
                          "2007-03-15 13:00", "2007-03-30 13:00"));
  EXPECT_THAT(After(new_york("FREQ=YEARLY", "2024-02-29 14:00"), 1),
              ElementsAre("2028-02-29 14:00"));
}

TEST(NextOccurrence, EndsByCountOrTime) {
  EXPECT_THAT(After(Series("FREQ=DAILY;COUNT=1", "2025-01-01 08:00"), 5),
              IsEmpty());
  EXPECT_THAT(After(Series("FREQ=DAILY;COUNT=3", "2025-01-01 08:00"), 5),
              ElementsAre("2025-01-02 08:00", "2025-01-03 08:00"));
  // A day counts to its end in the zone.
  EXPECT_THAT(After(Series("FREQ=DAILY;UNTIL=20250102", "2025-01-01 08:00"), 5),
              ElementsAre("2025-01-02 08:00"));
  // An instant is one, whatever the zone.
  EXPECT_THAT(
      After(Series("FREQ=DAILY;UNTIL=20250103T080000Z", "2025-01-01 08:00"), 5),
      ElementsAre("2025-01-02 08:00", "2025-01-03 08:00"));
  EXPECT_THAT(
      After(Series("FREQ=DAILY;UNTIL=20250103T075959Z", "2025-01-01 08:00"), 5),
      ElementsAre("2025-01-02 08:00"));
  // A local time is one of the zone: nine in Vienna.
  EXPECT_THAT(
      After(Series("FREQ=DAILY;UNTIL=20250103T090000", "2025-01-01 08:00"), 5),
      ElementsAre("2025-01-02 08:00", "2025-01-03 08:00"));
}

// A search that starts near what it looks for finds what counting from the
// start finds: rules with a COUNT are always counted.
TEST(NextOccurrence, IsTheSameFromWhereverItIsSearched) {
  for (const std::string rule :
       {"FREQ=DAILY;INTERVAL=3", "FREQ=WEEKLY;INTERVAL=2;BYDAY=WE,FR",
        "FREQ=WEEKLY;INTERVAL=3", "FREQ=MONTHLY;BYMONTHDAY=-1,1",
        "FREQ=MONTHLY;INTERVAL=5;BYDAY=1WE", "FREQ=YEARLY;BYMONTH=1,6",
        "FREQ=YEARLY;INTERVAL=2;BYDAY=1WE,-1WE",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1,-1",
        "FREQ=YEARLY;BYWEEKNO=1,20;BYDAY=WE", "FREQ=YEARLY;BYYEARDAY=1,100,-1",
        "FREQ=YEARLY;BYMONTH=3,10;BYDAY=-1SU", "FREQ=YEARLY;BYMONTHDAY=1,31",
        "FREQ=DAILY;BYMONTH=2,7;BYDAY=MO", "FREQ=YEARLY;BYDAY=53MO,1MO"}) {
    // 1 January 2025 is a Wednesday.
    const RecurrenceSeries open = Series(rule, "2025-01-01 08:00");
    const RecurrenceSeries counted =
        Series(absl::StrCat(rule, ";COUNT=120"), "2025-01-01 08:00");

    const std::vector<std::string> expected = After(counted, 119);

    EXPECT_GE(expected.size(), 118u) << rule;
    EXPECT_EQ(After(open, static_cast<int>(expected.size())), expected) << rule;
  }
}

TEST(StartsWithOccurrence, IsFalseForADayThatTheRuleLeavesOut) {
  EXPECT_TRUE(
      StartsWithOccurrence(Series("FREQ=WEEKLY;BYDAY=WE", "2025-01-01 08:00")));
  EXPECT_FALSE(
      StartsWithOccurrence(Series("FREQ=WEEKLY;BYDAY=MO", "2025-01-01 08:00")));
  // A rule that no day fulfils.
  EXPECT_FALSE(StartsWithOccurrence(
      Series("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "2025-01-01 08:00")));
}

TEST(ProblemOfRule, SaysWhatIsWrong) {
  struct Case {
    const char* rule;
    const char* problem;
  };
  for (const Case& test : std::initializer_list<Case>{
           {"FREQ=DAILY", ""},
           {"FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20301231T235959Z", ""},
           {"", "NAME=VALUE"},
           {"FREQ", "NAME=VALUE"},
           {"FREQ=", "NAME=VALUE"},
           {"RRULE:FREQ=DAILY", "NAME=VALUE"},
           {"COUNT=3", "part FREQ"},
           {"FREQ=HOURLY", "FREQ of DAILY"},
           {"FREQ=SECONDLY", "FREQ of DAILY"},
           {"FREQ=DAILY;BYHOUR=1,2,3", "NAME=VALUE"},
           {"FREQ=DAILY;RSCALE=CHINESE", "NAME=VALUE"},
           {"FREQ=DAILY;FREQ=DAILY", "only once"},
           {"FREQ=DAILY;COUNT=0", "COUNT from 1"},
           {"FREQ=DAILY;COUNT=1001", "COUNT from 1"},
           {"FREQ=DAILY;COUNT=-1", "COUNT from 1"},
           {"FREQ=DAILY;INTERVAL=0", "INTERVAL from 1"},
           {"FREQ=DAILY;INTERVAL=99999", "INTERVAL from 1"},
           {"FREQ=DAILY;COUNT=2;UNTIL=20250101", "both COUNT and UNTIL"},
           {"FREQ=WEEKLY;BYDAY=XX", "of RFC 5545"},
           {"FREQ=MONTHLY;BYMONTHDAY=99", "of RFC 5545"},
           {"FREQ=DAILY;UNTIL=tomorrow", "of RFC 5545"},
           {"FREQ=DAILY;", "NAME=VALUE"}}) {
    const std::string problem = ProblemOfRule(test.rule);
    if (*test.problem == '\0') {
      EXPECT_EQ(problem, "") << test.rule;
    } else {
      EXPECT_THAT(problem, HasSubstr(test.problem)) << test.rule;
    }
  }
}

// Whatever is put together of the parts of rules is refused or reckoned.
TEST(NextOccurrence, IsNotHurtByAnyRule) {
  const std::vector<std::string> names = {
      "FREQ", "UNTIL",    "COUNT",   "BYDAY",    "BYMONTHDAY", "BYYEARDAY",
      "WKST", "BYWEEKNO", "BYMONTH", "BYSETPOS", "INTERVAL"};
  const std::vector<std::string> values = {
      "DAILY",  "WEEKLY",   "MONTHLY",
      "YEARLY", "1",        "-1",
      "366",    "53",       "5MO",
      "-53SU",  "MO,TU",    "31,30",
      "2L",     "0",        "13",
      ",",      "20250101", "99999999T999999Z",
      "-366",   "+1",       "1FR,2FR,3FR",
      "7",      "SU"};
  std::mt19937 random(20'250'101);
  const auto pick = [&](const std::vector<std::string>& from) {
    return from[random() % from.size()];
  };
  int accepted = 0;
  int reckoned = 0;
  for (int i = 0; i < 3'000; ++i) {
    std::string rule = absl::StrCat("FREQ=", values[random() % 4]);
    for (size_t parts = random() % 4; parts > 0; --parts) {
      absl::StrAppend(&rule, ";", pick(names), "=", pick(values));
    }
    if (!ProblemOfRule(rule).empty()) continue;
    ++accepted;
    const RecurrenceSeries series = Series(rule, "2025-01-01 08:00");
    if (!StartsWithOccurrence(series)) continue;
    ++reckoned;
    for (const int days : {0, 400}) {
      const absl::Time after = series.start + absl::Hours(24 * days);
      const auto next = NextOccurrence(series, after);
      EXPECT_TRUE(!next.has_value() || *next > after) << rule;
    }
  }
  EXPECT_GT(accepted, 500);
  EXPECT_GT(reckoned, 200);
}

}  // namespace
}  // namespace crm::operational

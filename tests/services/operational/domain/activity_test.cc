#include "services/operational/domain/activity.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/user.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::EqualsProto;
using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;

// Wednesday, 1 January 2025, 09:00 in Vienna.
constexpr int64_t kStart = 1'735'718'400;
constexpr int64_t kDay = 86'400;

// Fields of `text` take the place of those that are there.
v1::Activity Parse(const std::string& text) {
  v1::Activity activity;
  activity.set_name("activities/a");
  activity.set_state(v1::Activity::PLANNED);
  EXPECT_TRUE(google::protobuf::TextFormat::MergeFromString(text, &activity));
  return activity;
}

// A meeting of an hour, every Wednesday.
v1::Activity Weekly(const std::string& more = "") {
  v1::Activity activity = Parse(
      absl::StrCat("subject: 'Round' kind: MEETING owner: 'user:ada' "
                   "targets: 'accounts/a' participants: 'user:bob' "
                   "time_zone: 'Europe/Vienna' recurrence_rule: 'FREQ=WEEKLY' "
                   "start_time { seconds: ",
                   kStart, " } end_time { seconds: ", kStart + 3600,
                   " } remind_time { seconds: ", kStart - 600, " }"));
  EXPECT_TRUE(google::protobuf::TextFormat::MergeFromString(more, &activity));
  return activity;
}

// The same as it is stored.
v1::Activity Stored(const std::string& more = "") {
  v1::Activity activity = Weekly(more);
  EXPECT_THAT(PrepareActivity(nullptr, activity, {}), IsOk());
  return activity;
}

std::vector<std::string> FieldsOf(const absl::Status& status) {
  std::vector<std::string> fields;
  for (const FieldViolation& violation : FieldViolations(status)) {
    fields.push_back(violation.field);
  }
  return fields;
}

TEST(PrepareActivity, ARuleStartsASeries) {
  const v1::Activity activity = Stored();

  EXPECT_EQ(activity.series(), "activities/a");
  EXPECT_EQ(activity.series_start_time().seconds(), kStart);
  EXPECT_EQ(activity.occurrence_time().seconds(), kStart);
}

TEST(PrepareActivity, RefusesTimesThatCannotBe) {
  struct Case {
    const char* text;
    std::vector<std::string> fields;
  };
  for (const Case& test : std::initializer_list<Case>{
           {"end_time { seconds: 5 }", {"activity.end_time"}},
           {"start_time { seconds: 5 } end_time { seconds: 4 }",
            {"activity.end_time"}},
           {"start_time { seconds: 5 } end_time { seconds: 2678406 }",
            {"activity.end_time"}},
           {"start_time { seconds: 5 } end_time { seconds: 2678405 }", {}},
           {"start_time { seconds: 5 } end_time { seconds: 5 }", {}},
           {"time_zone: 'Mars/Olympus'", {"activity.time_zone"}},
           {"recurrence_rule: 'FREQ=DAILY'",
            {"activity.time_zone", "activity.recurrence_rule"}},
           {"recurrence_rule: 'FREQ=HOURLY' time_zone: 'UTC' "
            "due_time { seconds: 5 }",
            {"activity.recurrence_rule"}},
           // 1 January 1970 was a Thursday.
           {"recurrence_rule: 'FREQ=WEEKLY;BYDAY=MO' time_zone: 'UTC' "
            "due_time { seconds: 5 }",
            {"activity.recurrence_rule"}},
           {"recurrence_rule: 'FREQ=WEEKLY;BYDAY=TH' time_zone: 'UTC' "
            "due_time { seconds: 5 }",
            {}}}) {
    v1::Activity activity = Parse(test.text);
    EXPECT_EQ(FieldsOf(PrepareActivity(nullptr, activity, {})), test.fields)
        << test.text;
  }
}

TEST(PrepareActivity, MovingAnOccurrenceLeavesTheSeriesWhereItIs) {
  const v1::Activity before = Stored();
  v1::Activity after = before;
  after.mutable_start_time()->set_seconds(kStart + 60);

  EXPECT_THAT(PrepareActivity(&before, after, {}), IsOk());

  EXPECT_EQ(after.series_start_time().seconds(), kStart);
  EXPECT_EQ(after.occurrence_time().seconds(), kStart);
}

TEST(PrepareActivity, AnotherRuleStartsAnotherSeries) {
  const v1::Activity before = Stored();
  v1::Activity after = before;
  after.set_recurrence_rule("FREQ=DAILY");
  after.mutable_start_time()->set_seconds(kStart + kDay);
  after.mutable_end_time()->set_seconds(kStart + kDay + 60);

  EXPECT_THAT(PrepareActivity(&before, after, {}), IsOk());

  EXPECT_EQ(after.series_start_time().seconds(), kStart + kDay);
}

TEST(PrepareActivity, TheRuleOfWhatIsOverStays) {
  for (const char* over :
       {"state: DONE", "state: CANCELLED", "next_occurrence: 'activities/b'"}) {
    const v1::Activity before = Stored(over);
    v1::Activity after = before;
    after.clear_recurrence_rule();
    EXPECT_THAT(
        PrepareActivity(&before, after, {}),
        StatusIs(absl::StatusCode::kFailedPrecondition, "SERIES_MOVED_ON"))
        << over;
    after = before;
    after.set_subject("Other");
    EXPECT_THAT(PrepareActivity(&before, after, {}), IsOk()) << over;
  }
}

TEST(ReminderTime, IsThatOfAnOpenActivityUntilItsOwnerWasReminded) {
  const absl::Time remind = absl::FromUnixSeconds(7);
  const absl::Time never = absl::InfiniteFuture();
  struct Case {
    const char* text;
    absl::Time time;
  };
  for (const Case& test : std::initializer_list<Case>{
           {"", never},
           {"remind_time { seconds: 7 }", remind},
           {"remind_time { seconds: 7 } state: IN_PROGRESS", remind},
           {"remind_time { seconds: 7 } state: DONE", never},
           {"remind_time { seconds: 7 } state: CANCELLED", never},
           {"remind_time { seconds: 7 } reminded_time { seconds: 7 }",
            never}}) {
    EXPECT_EQ(ReminderTime(Parse(test.text)), test.time) << test.text;
  }
}

TEST(PrepareActivity, AReminderThatIsMovedIsToComeAgain) {
  const v1::Activity before =
      Parse("remind_time { seconds: 7 } reminded_time { seconds: 7 }");
  v1::Activity after = before;
  EXPECT_THAT(PrepareActivity(&before, after, {}), IsOk());
  EXPECT_TRUE(after.has_reminded_time());

  after.mutable_remind_time()->set_seconds(9);
  EXPECT_THAT(PrepareActivity(&before, after, {}), IsOk());
  EXPECT_FALSE(after.has_reminded_time());
}

TEST(PassingTime, IsTheTimeOfTheLastOpenOccurrence) {
  EXPECT_EQ(PassingTime(Stored()), absl::FromUnixSeconds(kStart));
  for (const char* text : {"state: DONE", "next_occurrence: 'activities/b'",
                           "series_ended: true", "recurrence_rule: ''"}) {
    EXPECT_EQ(PassingTime(Weekly(text)), absl::InfiniteFuture()) << text;
  }
}

TEST(NextInSeries, IsTheSameAWeekLater) {
  const auto next = NextInSeries(Stored("outcome: 'Met.' etag: 'x'"),
                                 absl::FromUnixSeconds(kStart));

  ASSERT_TRUE(next.has_value());
  EXPECT_THAT(*next,
              EqualsProto(absl::StrCat(
                  "subject: 'Round' kind: MEETING owner: 'user:ada' "
                  "targets: 'accounts/a' participants: 'user:bob' "
                  "time_zone: 'Europe/Vienna' recurrence_rule: 'FREQ=WEEKLY' "
                  "series: 'activities/a' "
                  "series_start_time { seconds: ",
                  kStart,
                  " } "
                  "occurrence_time { seconds: ",
                  kStart + 7 * kDay,
                  " } "
                  "start_time { seconds: ",
                  kStart + 7 * kDay,
                  " } "
                  "end_time { seconds: ",
                  kStart + 7 * kDay + 3600,
                  " } "
                  "remind_time { seconds: ",
                  kStart + 7 * kDay - 600, " }")));
}

TEST(NextInSeries, FollowsTheRuleAndNotWhereAnOccurrenceWasMoved) {
  v1::Activity activity = Stored();
  activity.mutable_start_time()->set_seconds(kStart + 1800);

  const auto next = NextInSeries(activity, absl::FromUnixSeconds(kStart));

  ASSERT_TRUE(next.has_value());
  EXPECT_EQ(next->start_time().seconds(), kStart + 7 * kDay);
}

TEST(NextInSeries, LeavesOutWhatWasMissed) {
  const auto next =
      NextInSeries(Stored(), absl::FromUnixSeconds(kStart + 30 * kDay));

  ASSERT_TRUE(next.has_value());
  EXPECT_EQ(next->start_time().seconds(), kStart + 35 * kDay);
}

TEST(NextInSeries, EndsWithTheRule) {
  v1::Activity activity = Stored("recurrence_rule: 'FREQ=DAILY;COUNT=2'");
  EXPECT_TRUE(
      NextInSeries(activity, absl::FromUnixSeconds(kStart)).has_value());
  EXPECT_FALSE(
      NextInSeries(activity, absl::FromUnixSeconds(kStart + kDay)).has_value());

  for (const char* text :
       {"series_ended: true", "next_occurrence: 'activities/b'",
        "recurrence_rule: ''"}) {
    activity = Stored(text);
    if (absl::string_view(text).front() == 's') activity.set_series_ended(true);
    EXPECT_FALSE(
        NextInSeries(activity, absl::FromUnixSeconds(kStart)).has_value())
        << text;
  }
}

TEST(PrepareActivity, SaysWhoseSubjectsAreMentioned) {
  v1::User ada;
  ada.set_subject("user:ada");
  RuleContext context;
  context.find = [&ada](const google::protobuf::Descriptor*,
                        absl::string_view name) {
    return name == "users/ada" ? &ada : nullptr;
  };
  v1::Activity activity = Parse(
      "subject: 'Call' kind: CALL mentions: 'users/gone' mentions: 'users/ada' "
      "mentioned_subjects: 'user:forged'");

  ASSERT_THAT(PrepareActivity(nullptr, activity, context), IsOk());

  EXPECT_THAT(activity.mentioned_subjects(),
              ::testing::ElementsAre("", "user:ada"));
}

TEST(NextInSeries, MentionsNobodyAgain) {
  const auto next = NextInSeries(
      Stored("mentions: 'users/ada' mentioned_subjects: 'user:ada'"),
      absl::FromUnixSeconds(kStart));

  ASSERT_TRUE(next.has_value());
  EXPECT_EQ(next->mentions_size(), 0);
}

}  // namespace
}  // namespace crm::operational

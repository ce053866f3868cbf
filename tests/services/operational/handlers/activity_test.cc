// Activities as they go on by themselves: series, reminders, and who is busy.

#include "services/operational/handlers/activity.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/account.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/clock.h"
#include "tests/services/operational/service_on_clock.h"
#include "tests/support/api_client.h"
#include "tests/support/matchers.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::operational::v1;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Wednesday, 1 January 2025, 15:00 in Vienna; the clock starts at 13:00.
constexpr int64_t kStart = 1'735'740'000;
constexpr int64_t kWeek = 7 * 86'400;
constexpr absl::StatusCode kRefused = absl::StatusCode::kFailedPrecondition;

class Activities : public ::testing::Test {
 protected:
  template <typename Response = v1::Activity, typename Request>
  Response Must(absl::string_view method, const Request& request) {
    auto response = service_.Call<Response>(method, request);
    EXPECT_THAT(response, IsOk()) << method;
    return response.ok() ? *std::move(response) : Response();
  }

  v1::Activity Create(const std::string& id, const std::string& text) {
    return Must(
        "CreateActivity",
        Proto<v1::CreateActivityRequest>(absl::StrCat(
            "activity_id: '", id,
            "' activity { subject: 'Round' kind: MEETING ", text, " }")));
  }

  // A meeting of an hour, every Wednesday, four times.
  v1::Activity CreateSeries(const std::string& more = "") {
    return Create("aa",
                  absl::StrCat("time_zone: 'Europe/Vienna' recurrence_rule: "
                               "'FREQ=WEEKLY;COUNT=4' start_time { seconds: ",
                               kStart, " } end_time { seconds: ", kStart + 3600,
                               " } ", more));
  }

  v1::Activity Get(const std::string& name) {
    v1::GetActivityRequest request;
    request.set_name(name);
    return Must("GetActivity", request);
  }

  v1::Activity Complete(const std::string& name) {
    v1::CompleteActivityRequest request;
    request.set_name(name);
    return Must("CompleteActivity", request);
  }

  // Returns the starts of all activities, in their order.
  std::vector<int64_t> Starts() {
    const auto listed = Must<v1::ListActivitiesResponse>(
        "ListActivities",
        Proto<v1::ListActivitiesRequest>("order_by: 'start_time'"));
    std::vector<int64_t> starts;
    for (const v1::Activity& activity : listed.activities()) {
      starts.push_back(activity.start_time().seconds());
    }
    return starts;
  }

  ServiceOnClock service_;
};

TEST_F(Activities, B20_CompletingAnOccurrenceMakesTheNextOnce) {
  CreateSeries();

  const v1::Activity done = Complete("activities/aa");

  const v1::Activity next = Get(done.next_occurrence());
  EXPECT_EQ(next.start_time().seconds(), kStart + kWeek);
  EXPECT_EQ(next.state(), v1::Activity::PLANNED);
  EXPECT_EQ(next.series(), "activities/aa");
  EXPECT_EQ(next.customer(), done.customer());
  // The time of the one that is done makes no other.
  service_.Advance(absl::Hours(2));
  EXPECT_THAT(Starts(), ElementsAre(kStart, kStart + kWeek));
}

TEST_F(Activities, B20_AnOccurrenceThatPassesMakesTheNextOnce) {
  CreateSeries();

  service_.Advance(absl::Seconds(7199));
  EXPECT_THAT(Starts(), ElementsAre(kStart));
  service_.Advance(absl::Seconds(1));
  EXPECT_THAT(Starts(), ElementsAre(kStart, kStart + kWeek));
  // Nor does completing it make another.
  Complete("activities/aa");
  EXPECT_THAT(Starts(), ElementsAre(kStart, kStart + kWeek));

  // Three weeks later the series is over.
  for (int week = 0; week < 5; ++week) service_.Advance(absl::Hours(24 * 7));
  EXPECT_THAT(Starts(), ElementsAre(kStart, kStart + kWeek, kStart + 2 * kWeek,
                                    kStart + 3 * kWeek));
}

TEST_F(Activities, B20_WhatWasMissedIsNotMadeUpFor) {
  CreateSeries();

  service_.Advance(absl::Hours(24 * 15));

  EXPECT_THAT(Starts(), ElementsAre(kStart, kStart + 3 * kWeek));
}

TEST_F(Activities, B20_ASeriesEndsWhenItIsCalledOff) {
  CreateSeries();
  v1::CancelActivityRequest request;
  request.set_name("activities/aa");
  request.set_cancel_reason("Nobody came.");
  request.set_end_series(true);

  const auto cancelled = Must("CancelActivity", request);

  EXPECT_EQ(cancelled.state(), v1::Activity::CANCELLED);
  EXPECT_EQ(cancelled.cancel_reason(), "Nobody came.");
  EXPECT_TRUE(cancelled.series_ended());
  service_.Advance(absl::Hours(24 * 8));
  EXPECT_THAT(Starts(), ElementsAre(kStart));
}

TEST_F(Activities, B20_CallingOneOccurrenceOffLeavesTheOthers) {
  CreateSeries();
  v1::CancelActivityRequest request;
  request.set_name("activities/aa");

  const auto cancelled = Must("CancelActivity", request);

  EXPECT_FALSE(cancelled.series_ended());
  EXPECT_THAT(Starts(), ElementsAre(kStart, kStart + kWeek));
  EXPECT_EQ(Get(cancelled.next_occurrence()).state(), v1::Activity::PLANNED);
}

TEST_F(Activities, B20_ADeletedOccurrenceMakesNoOther) {
  CreateSeries();
  Must("DeleteActivity",
       Proto<v1::DeleteActivityRequest>("name: 'activities/aa'"));

  service_.Advance(absl::Hours(24 * 8));

  EXPECT_THAT(Starts(), IsEmpty());
}

TEST_F(Activities, B20_AnOccurrenceThatIsMovedPassesAtItsOwnTime) {
  CreateSeries();
  Must("UpdateActivity",
       Proto<v1::UpdateActivityRequest>(absl::StrCat(
           "activity { name: 'activities/aa' start_time { seconds: ",
           kStart + 3600, " } end_time { seconds: ", kStart + 7200,
           " } } update_mask { paths: 'start_time' paths: 'end_time' }")));

  service_.Advance(absl::Seconds(7200));
  EXPECT_THAT(Starts(), ElementsAre(kStart + 3600));
  service_.Advance(absl::Seconds(3600));
  EXPECT_THAT(Starts(), ElementsAre(kStart + 3600, kStart + kWeek));
}

TEST_F(Activities, B20_TheVerbsLeadThroughTheStates) {
  Create("aa", "");
  v1::BeginActivityRequest begin;
  begin.set_name("activities/aa");

  const auto begun = Must("BeginActivity", begin);
  EXPECT_EQ(begun.state(), v1::Activity::IN_PROGRESS);
  EXPECT_TRUE(begun.has_begin_time());
  EXPECT_THAT((service_.Call<v1::Activity>("BeginActivity", begin)),
              StatusIs(kRefused, "ILLEGAL_TRANSITION"));
  EXPECT_EQ(Complete("activities/aa").state(), v1::Activity::DONE);
  v1::CancelActivityRequest cancel;
  cancel.set_name("activities/aa");
  EXPECT_THAT((service_.Call<v1::Activity>("CancelActivity", cancel)),
              StatusIs(kRefused, "ILLEGAL_TRANSITION"));
}

TEST_F(Activities, B20_TheOwnerIsRemindedOnceAndOnTime) {
  Create("aa", absl::StrCat("remind_time { seconds: ", kStart, " }"));

  service_.Advance(absl::Seconds(7199));
  EXPECT_FALSE(Get("activities/aa").has_reminded_time());
  EXPECT_EQ(service_.EventsOf("activities/aa"), 1);
  service_.Advance(absl::Seconds(1));
  EXPECT_EQ(Get("activities/aa").reminded_time().seconds(), kStart);
  service_.Advance(absl::Hours(48));

  EXPECT_EQ(service_.EventsOf("activities/aa"), 2);
}

TEST_F(Activities, B20_AReminderMovesAndEndsWithItsActivity) {
  Create("aa", absl::StrCat("remind_time { seconds: ", kStart, " }"));
  Create("bb", absl::StrCat("remind_time { seconds: ", kStart, " }"));
  Create("cc", absl::StrCat("remind_time { seconds: ", kStart, " }"));
  Must("UpdateActivity",
       Proto<v1::UpdateActivityRequest>(absl::StrCat(
           "activity { name: 'activities/aa' remind_time { seconds: ",
           kStart + 3600, " } } update_mask { paths: 'remind_time' }")));
  Complete("activities/bb");
  Must("DeleteActivity",
       Proto<v1::DeleteActivityRequest>("name: 'activities/cc'"));

  service_.Advance(absl::Seconds(7200));
  for (const char* name : {"activities/aa", "activities/bb", "activities/cc"}) {
    EXPECT_FALSE(Get(name).has_reminded_time()) << name;
  }
  service_.Advance(absl::Seconds(3600));
  EXPECT_TRUE(Get("activities/aa").has_reminded_time());
  // One that comes back is reminded of, if late.
  Must("UndeleteActivity",
       Proto<v1::UndeleteActivityRequest>("name: 'activities/cc'"));
  service_.Advance(absl::Seconds(1));
  EXPECT_TRUE(Get("activities/cc").has_reminded_time());
}

TEST_F(Activities, B21_FreeBusyJoinsWhatUsersOwnAndTakePartIn) {
  const auto at = [](int from, int to) {
    return absl::StrCat("start_time { seconds: ", kStart + from,
                        " } end_time { seconds: ", kStart + to, " } ");
  };
  Create("own", absl::StrCat(at(0, 60), "owner: 'user:ada'"));
  Create("part", absl::StrCat(at(30, 90),
                              "owner: 'user:bob' "
                              "participants: 'user:ada'"));
  Create("off", absl::StrCat(at(200, 260), "owner: 'user:ada'"));
  v1::CancelActivityRequest cancel;
  cancel.set_name("activities/off");
  Must("CancelActivity", cancel);
  Create("gone", absl::StrCat(at(300, 360), "owner: 'user:ada'"));
  Must("DeleteActivity",
       Proto<v1::DeleteActivityRequest>("name: 'activities/gone'"));
  // It began long before, and ends within.
  Create("long", absl::StrCat(at(-30 * 86'400, -1000), "owner: 'user:bob'"));

  const auto answer = Must<v1::GetFreeBusyResponse>(
      "GetFreeBusy",
      Proto<v1::GetFreeBusyRequest>(absl::StrCat(
          "subjects: 'user:bob' subjects: 'user:ada' subjects: 'user:eve' "
          "start_time { seconds: ",
          kStart - 2000, " } end_time { seconds: ", kStart + 1000, " }")));

  EXPECT_THAT(answer,
              EqualsProto(absl::StrCat(
                  "free_busy { subject: 'user:bob' "
                  "  busy_intervals { start_time { seconds: ",
                  kStart - 2000, " } end_time { seconds: ", kStart - 1000,
                  " } } "
                  "  busy_intervals { start_time { seconds: ",
                  kStart + 30, " } end_time { seconds: ", kStart + 90,
                  " } } } "
                  "free_busy { subject: 'user:ada' "
                  "  busy_intervals { start_time { seconds: ",
                  kStart, " } end_time { seconds: ", kStart + 90,
                  " } } } "
                  "free_busy { subject: 'user:eve' }")));
}

TEST_F(Activities, OP_09_AnActivityIsListedByAnyTargetAndOutlivesIt) {
  Must<v1::Account>("CreateAccount",
                    Proto<v1::CreateAccountRequest>(
                        "account_id: 'xx' account { display_name: 'X' }"));
  Create("aa", "targets: 'accounts/xx' targets: 'leads/other-service-or-gone'");
  Create("bb", "targets: 'accounts/yy'");
  const auto listed = [&](const std::string& target) {
    const auto found = Must<v1::ListActivitiesResponse>(
        "ListActivities", Proto<v1::ListActivitiesRequest>(absl::StrCat(
                              "filter: 'targets:\"", target, "\"'")));
    std::vector<std::string> names;
    for (const v1::Activity& activity : found.activities()) {
      names.push_back(activity.name());
    }
    return names;
  };
  EXPECT_THAT(listed("accounts/xx"), ElementsAre("activities/aa"));
  EXPECT_THAT(listed("leads/other-service-or-gone"),
              ElementsAre("activities/aa"));

  Must<v1::Account>("DeleteAccount",
                    Proto<v1::DeleteAccountRequest>("name: 'accounts/xx'"));
  EXPECT_THAT(listed("accounts/xx"), ElementsAre("activities/aa"));

  Must("UpdateActivity",
       Proto<v1::UpdateActivityRequest>(
           "activity { name: 'activities/aa' targets: 'accounts/zz' } "
           "update_mask { paths: 'targets' }"));
  EXPECT_THAT(listed("accounts/xx"), IsEmpty());
  EXPECT_THAT(listed("accounts/zz"), ElementsAre("activities/aa"));
}

}  // namespace
}  // namespace crm::testing

#include "services/operational/handlers/automation_run.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/activity.pb.h"
#include "crm/operational/v1/automation.pb.h"
#include "crm/operational/v1/automation_run.pb.h"
#include "crm/operational/v1/automation_transitions.pb.h"
#include "crm/operational/v1/business_calendar.pb.h"
#include "crm/operational/v1/follower.pb.h"
#include "crm/operational/v1/lead.pb.h"
#include "crm/operational/v1/user.pb.h"
#include "gmock/gmock.h"
#include "services/operational/app.h"
#include "services/operational/domain/automation.h"
#include "shared/base/status_macros.h"
#include "tests/services/operational/doomed_service.h"
#include "tests/services/operational/service_on_clock.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::Proto;
using ::crm::testing::ServiceOnClock;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class AutomationRuns : public ::testing::Test {
 protected:
  // Makes an automation on leads and activates it.
  void Automate(absl::string_view id, absl::string_view text) {
    service_.Must<v1::Automation, v1::CreateAutomationRequest>(
        "CreateAutomation",
        absl::StrCat("automation_id: '", id, "' automation { display_name: '",
                     id, "' resource_type: 'crm/Lead' ", text, " }"));
    Verb<v1::ActivateAutomationRequest>("ActivateAutomation", id);
  }

  template <typename Request>
  void Verb(absl::string_view method, absl::string_view id) {
    service_.Must<v1::Automation, Request>(
        method, absl::StrCat("name: 'automations/", id, "'"));
  }

  void CreateLead(absl::string_view id, absl::string_view text = "") {
    service_.Must<v1::Lead, v1::CreateLeadRequest>(
        "CreateLead", absl::StrCat("lead_id: '", id, "' lead { display_name: '",
                                   id, "' ", text, " }"));
  }

  void UpdateLead(absl::string_view id, absl::string_view text) {
    service_.Must<v1::Lead, v1::UpdateLeadRequest>(
        "UpdateLead",
        absl::StrCat("lead { name: 'leads/", id, "' ", text, " }"));
  }

  v1::Lead Lead(absl::string_view id) {
    return service_.Must<v1::Lead, v1::GetLeadRequest>(
        "GetLead", absl::StrCat("name: 'leads/", id, "'"));
  }

  std::vector<v1::Activity> Activities() {
    const auto listed =
        service_.Must<v1::ListActivitiesResponse, v1::ListActivitiesRequest>(
            "ListActivities", "order_by: 'subject'");
    return {listed.activities().begin(), listed.activities().end()};
  }

  std::vector<std::string> Subjects() {
    std::vector<std::string> subjects;
    for (const v1::Activity& activity : Activities()) {
      subjects.push_back(activity.subject());
    }
    return subjects;
  }

  std::vector<v1::AutomationRun> Runs(absl::string_view id) {
    const auto listed = service_.Must<v1::ListAutomationRunsResponse,
                                      v1::ListAutomationRunsRequest>(
        "ListAutomationRuns",
        absl::StrCat("filter: 'automation = \"automations/", id, "\"'"));
    return {listed.automation_runs().begin(), listed.automation_runs().end()};
  }

  // States and reasons of the runs, as `DONE` and `SKIPPED AUTOMATION_LOOP`.
  std::vector<std::string> Outcomes(absl::string_view id) {
    std::vector<std::string> outcomes;
    for (const v1::AutomationRun& run : Runs(id)) {
      outcomes.push_back(
          absl::StrCat(v1::AutomationRun::State_Name(run.state()),
                       run.reason().empty() ? "" : " ", run.reason()));
    }
    std::sort(outcomes.begin(), outcomes.end());
    return outcomes;
  }

  ServiceOnClock service_;
};

constexpr char kCallQualified[] =
    "events: UPDATED verbs: 'qualify' actions { create_activity { kind: CALL "
    "subject: 'Call {display_name} of {company}' due_days: 2 } }";

TEST_F(AutomationRuns, OP_05_AnEventSeenThriceActsOnce) {
  Automate("call", kCallQualified);
  CreateLead("ada", "company: 'Analytical' owner: 'user:rep'");
  service_.Must<v1::Lead, v1::QualifyLeadRequest>("QualifyLead",
                                                  "name: 'leads/ada'");

  service_.FollowEvents();
  service_.FollowEventsAgain();
  service_.Advance(absl::ZeroDuration());
  service_.FollowEventsAgain();
  service_.Advance(absl::ZeroDuration());

  const std::vector<v1::Activity> made = Activities();
  ASSERT_THAT(made, SizeIs(1));
  EXPECT_EQ(made[0].subject(), "Call ada of Analytical");
  EXPECT_EQ(made[0].owner(), "user:rep");
  EXPECT_EQ(made[0].creator(), "user:ada");
  EXPECT_THAT(made[0].targets(), ElementsAre("leads/ada"));
  EXPECT_EQ(made[0].customer(), Lead("ada").customer());
  EXPECT_EQ(made[0].due_time().seconds(),
            absl::ToUnixSeconds(service_.now() + absl::Hours(48)));
  const std::vector<v1::AutomationRun> runs = Runs("call");
  ASSERT_THAT(runs, SizeIs(1));
  EXPECT_EQ(runs[0].state(), v1::AutomationRun::DONE);
  EXPECT_EQ(runs[0].resource(), "leads/ada");
  EXPECT_EQ(runs[0].run_as(), "user:ada");
  EXPECT_EQ(runs[0].attempts(), 1);
  ASSERT_THAT(runs[0].results(), SizeIs(1));
  EXPECT_EQ(runs[0].results(0).method(), "CreateActivity");
  EXPECT_EQ(runs[0].results(0).resource(), made[0].name());
}

TEST_F(AutomationRuns, GoOnWhereAnotherProcessEnded) {
  Automate("call", kCallQualified);
  CreateLead("ada");
  service_.Must<v1::Lead, v1::QualifyLeadRequest>("QualifyLead",
                                                  "name: 'leads/ada'");
  // Ends between the event and its timer, and again between timer and run.
  service_.TakeOver();
  service_.FollowEvents();
  EXPECT_THAT(Activities(), IsEmpty());
  service_.TakeOver();

  service_.Settle();

  EXPECT_THAT(Activities(), SizeIs(1));
  EXPECT_THAT(Outcomes("call"), ElementsAre("DONE"));
}

TEST_F(AutomationRuns, StartOnTheirFieldsVerbsAndConditionsAlone) {
  Automate("field",
           "events: UPDATED changed_fields: 'company' actions { "
           "create_activity { kind: TASK subject: 'field' } }");
  Automate("condition",
           "events: UPDATED events: CREATED condition: 'company = \"Big*\"' "
           "actions { create_activity { kind: TASK subject: 'condition' } }");
  Automate("before",
           "events: UPDATED condition_before: 'company = \"Old\"' actions { "
           "create_activity { kind: TASK subject: 'before' } }");
  Automate("deleted",
           "events: DELETED actions { create_activity { kind: TASK subject: "
           "'deleted' } }");

  CreateLead("ada", "company: 'Old'");
  service_.Settle();
  EXPECT_THAT(Subjects(), IsEmpty());
  UpdateLead("ada", "origin: 'fair'");
  service_.Settle();
  EXPECT_THAT(Subjects(), ElementsAre("before"));
  UpdateLead("ada", "company: 'Bigger'");
  service_.Settle();
  EXPECT_THAT(Subjects(),
              ElementsAre("before", "before", "condition", "field"));
  // Where a condition is not met there is no run.
  EXPECT_THAT(Runs("condition"), SizeIs(1));
  EXPECT_THAT(Runs("deleted"), IsEmpty());
}

TEST_F(AutomationRuns, DoAllActionsInOneCommitForWhoActivated) {
  service_.Must<v1::User, v1::CreateUserRequest>(
      "CreateUser",
      "user_id: 'rep' user { display_name: 'Rep' subject: 'user:rep' }");
  Automate("all",
           "events: CREATED actions { update_fields { fields { field: "
           "'company' text: '{display_name} Ltd' } fields { field: "
           "'labels.from' text: 'robot' } } } actions { assign_owner { users: "
           "'users/rep' } } actions { follow {} } actions { follow { user: "
           "'users/rep' } } actions { call_verb { verb: 'disqualify' fields { "
           "field: 'disqualify_reason' text: 'too small' } } }");
  CreateLead("ada");
  service_.Settle();

  EXPECT_THAT(Outcomes("all"), ElementsAre("DONE"));
  const v1::Lead lead = Lead("ada");
  EXPECT_EQ(lead.company(), "ada Ltd");
  EXPECT_EQ(lead.labels().at("from"), "robot");
  EXPECT_EQ(lead.owner(), "user:rep");
  EXPECT_EQ(lead.state(), v1::Lead::DISQUALIFIED);
  EXPECT_EQ(lead.disqualify_reason(), "too small");
  // The creation, and one change for all that was done.
  EXPECT_EQ(service_.EventsOf("leads/ada"), 2);
  const auto followers =
      service_.Must<v1::ListFollowersResponse, v1::ListFollowersRequest>(
          "ListFollowers", "");
  // The owner of when the event was, and the user who is named.
  EXPECT_EQ(followers.followers_size(), 2);
}

TEST_F(AutomationRuns, CountOpenDaysAndHours) {
  service_.Must<v1::BusinessCalendar, v1::CreateBusinessCalendarRequest>(
      "CreateBusinessCalendar",
      "business_calendar_id: 'office' business_calendar { display_name: "
      "'Office' time_zone: 'UTC' weekdays { weekday: 3 intervals { "
      "start_minute: 540 end_minute: 1020 } } weekdays { weekday: 4 intervals "
      "{ start_minute: 540 end_minute: 1020 } } }");
  Automate("due",
           "events: CREATED actions { create_activity { kind: TASK subject: "
           "'due' due_days: 2 due_hours: 6 business_calendar: "
           "'businessCalendars/office' } }");
  // Noon of a Wednesday; open on Wednesdays and Thursdays from 9 to 17.
  CreateLead("ada");
  service_.Settle();

  ASSERT_THAT(Activities(), SizeIs(1));
  // Two open days later it is Wednesday noon; five hours are left of it.
  EXPECT_EQ(Activities()[0].due_time().seconds(),
            absl::ToUnixSeconds(service_.now() + absl::Hours(24 * 8 - 2)));
}

TEST_F(AutomationRuns, F55_ALoopEndsWithARunThatSaysWhy) {
  Automate("ping",
           "events: UPDATED changed_fields: 'company' actions { update_fields "
           "{ fields { field: 'origin' text: '{company}!' } } }");
  Automate("pong",
           "events: UPDATED changed_fields: 'origin' actions { update_fields { "
           "fields { field: 'company' text: '{origin}!' } } }");
  Automate("other", kCallQualified);
  CreateLead("ada", "company: 'a' origin: 'a'");
  UpdateLead("ada", "company: 'b'");
  service_.Must<v1::Lead, v1::QualifyLeadRequest>("QualifyLead",
                                                  "name: 'leads/ada'");
  service_.Settle();

  EXPECT_THAT(Outcomes("ping"), ElementsAre("DONE", "SKIPPED AUTOMATION_LOOP"));
  EXPECT_THAT(Outcomes("pong"), ElementsAre("DONE"));
  EXPECT_EQ(Lead("ada").company(), "b!!");
  for (const v1::AutomationRun& run : Runs("ping")) {
    if (run.state() != v1::AutomationRun::SKIPPED) continue;
    EXPECT_THAT(run.cause_chain(),
                ElementsAre("automations/ping", "automations/pong"));
  }
  EXPECT_THAT(Outcomes("other"), ElementsAre("DONE"));
}

TEST_F(AutomationRuns, F55_AChainHasAnEnd) {
  for (int i = 0; i <= kMaxCauseDepth; ++i) {
    Automate(absl::StrCat("step", i),
             absl::StrCat("events: UPDATED condition: 'company = \"", i,
                          "\"' actions { update_fields { fields { field: "
                          "'company' text: '",
                          i + 1, "' } } }"));
  }
  CreateLead("ada", "company: 'start'");
  UpdateLead("ada", "company: '0'");
  service_.Settle();

  EXPECT_EQ(Lead("ada").company(), absl::StrCat(kMaxCauseDepth));
  EXPECT_THAT(Outcomes(absl::StrCat("step", kMaxCauseDepth - 1)),
              ElementsAre("DONE"));
  EXPECT_THAT(Outcomes(absl::StrCat("step", kMaxCauseDepth)),
              ElementsAre("SKIPPED CAUSE_CHAIN_TOO_LONG"));
}

TEST_F(AutomationRuns, AreOnRecordAsFailedAndInNobodysWay) {
  // The second action is not possible, so the first is not done either.
  Automate("fails",
           "events: CREATED actions { create_activity { kind: TASK subject: "
           "'never' } } actions { call_verb { verb: 'recycle' } }");
  Automate("works",
           "events: CREATED actions { create_activity { kind: TASK subject: "
           "'works' } }");
  CreateLead("ada");
  service_.Settle();

  EXPECT_THAT(Subjects(), ElementsAre("works"));
  EXPECT_THAT(Runs("fails"), IsEmpty());
  for (int i = 0; i < kMaxRunTries; ++i) service_.Advance(absl::Minutes(10));

  EXPECT_THAT(Outcomes("fails"), ElementsAre("FAILED ILLEGAL_TRANSITION"));
  EXPECT_EQ(Runs("fails")[0].attempts(), kMaxRunTries);
  EXPECT_THAT(Subjects(), ElementsAre("works"));
}

TEST_F(AutomationRuns, SucceedOnceWhatFailedIsPossible) {
  Automate("recycles",
           "events: CREATED actions { call_verb { verb: 'recycle' } }");
  CreateLead("ada");
  service_.Settle();
  service_.Must<v1::Lead, v1::DisqualifyLeadRequest>(
      "DisqualifyLead", "name: 'leads/ada' disqualify_reason: 'small'");

  service_.Advance(absl::Minutes(1));

  EXPECT_THAT(Outcomes("recycles"), ElementsAre("DONE"));
  EXPECT_EQ(Runs("recycles")[0].attempts(), 2);
  EXPECT_EQ(Lead("ada").state(), v1::Lead::NEW);
}

TEST_F(AutomationRuns, StopWhileTheyArePausedAndKnowNothingOfBefore) {
  CreateLead("early");
  service_.clock().Advance(absl::Seconds(1));
  Automate("task",
           "events: CREATED actions { create_activity { kind: TASK subject: "
           "'{display_name}' } }");
  service_.Settle();
  EXPECT_THAT(Subjects(), IsEmpty());

  CreateLead("started");
  service_.FollowEvents();
  Verb<v1::PauseAutomationRequest>("PauseAutomation", "task");
  CreateLead("paused");
  service_.Settle();
  EXPECT_THAT(Subjects(), IsEmpty());
  EXPECT_THAT(Outcomes("task"), ElementsAre("SKIPPED AUTOMATION_NOT_ACTIVE"));

  service_.clock().Advance(absl::Seconds(1));
  Verb<v1::ActivateAutomationRequest>("ActivateAutomation", "task");
  CreateLead("late");
  service_.Settle();
  EXPECT_THAT(Subjects(), ElementsAre("late"));
}

TEST_F(AutomationRuns, AreDeletedAfterTheirTime) {
  Automate("call", kCallQualified);
  CreateLead("ada");
  service_.Must<v1::Lead, v1::QualifyLeadRequest>("QualifyLead",
                                                  "name: 'leads/ada'");
  service_.Settle();
  ASSERT_THAT(Runs("call"), SizeIs(1));

  service_.Advance(kRunRetention);

  EXPECT_THAT(Runs("call"), IsEmpty());
}

// Which run of a process dies, from 1, after all that it does and before that
// is stored.
int g_dying_run = 0;

absl::StatusOr<TimerCommit> RunAndDie(const InnerCalls& calls,
                                      const Timer& timer) {
  CRM_ASSIGN_OR_RETURN(TimerCommit commit, RunAutomation(calls, timer));
  if (--g_dying_run != 0) return commit;
  return TimerCommit(
      [commit = std::move(commit)](Transaction& transaction) -> absl::Status {
        commit(transaction).IgnoreError();
        ::crm::testing::Die();
      });
}

TEST(KilledAutomations, OP_05_DoEachThingOnce) {
  constexpr int kLeads = 30;
  const ::crm::testing::TempFolder folder;
  absl::Time now = absl::FromUnixSeconds(1'735'732'800);
  const auto open = [&](const MakeService& make) {
    now += absl::Minutes(1);
    return ServiceOnClock(folder.File("store.db"), "operational", make, now);
  };
  {
    ServiceOnClock service = open(MakeOperational);
    service.Must<v1::Automation, v1::CreateAutomationRequest>(
        "CreateAutomation",
        "automation_id: 'call' automation { display_name: 'C' resource_type: "
        "'crm/Lead' events: CREATED actions { create_activity { kind: CALL "
        "subject: 'Call {display_name}' } } }");
    service.Must<v1::Automation, v1::ActivateAutomationRequest>(
        "ActivateAutomation", "name: 'automations/call'");
    for (int i = 0; i < kLeads; ++i) {
      service.Must<v1::Lead, v1::CreateLeadRequest>(
          "CreateLead",
          absl::StrCat("lead { display_name: 'lead", 100 + i, "' }"));
    }
  }
  for (const int run : {1, 2, 8}) {
    ::crm::testing::ExpectKilled([&] {
      g_dying_run = run;
      ServiceOnClock service = open([](const ServiceEnvironment& environment) {
        auto made = MakeOperational(environment);
        if (made.ok())
          (*made)->application.OnTimer(kAutomationTimer, RunAndDie);
        return made;
      });
      service.Settle();
    });
    now += absl::Minutes(1);
  }

  ServiceOnClock service = open(MakeOperational);
  const auto activities = [&] {
    return service.Must<v1::ListActivitiesResponse, v1::ListActivitiesRequest>(
        "ListActivities", "page_size: 1000 order_by: 'subject'");
  };
  // Those before the one that died are stored, and it is not.
  EXPECT_EQ(activities().activities_size(), 0 + 1 + 7);
  service.Settle();

  const auto made = activities();
  ASSERT_EQ(made.activities_size(), kLeads);
  for (int i = 0; i < kLeads; ++i) {
    EXPECT_EQ(made.activities(i).subject(), absl::StrCat("Call lead", 100 + i));
  }
}

}  // namespace
}  // namespace crm::operational

// Rows of the capability list on automations, as callers of a running service
// see them: what they may do by one, and what is left after a restart.

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "crm/operational/v1/activity.pb.h"
#include "crm/operational/v1/automation.pb.h"
#include "crm/operational/v1/automation_run.pb.h"
#include "crm/operational/v1/automation_transitions.pb.h"
#include "crm/operational/v1/lead.pb.h"
#include "crm/operational/v1/role.pb.h"
#include "crm/operational/v1/sequence.pb.h"
#include "crm/operational/v1/sequence_enrollment.pb.h"
#include "crm/operational/v1/user.pb.h"
#include "crm/operational/v1/user_transitions.pb.h"
#include "gmock/gmock.h"
#include "services/operational/app.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::operational::v1;
using ::testing::ElementsAre;
using ::testing::SizeIs;

// For how long a test waits for what another thread does.
constexpr absl::Duration kPatience = absl::Minutes(2);

class AutomationRows : public ::testing::Test {
 protected:
  AutomationRows()
      : service_(authority_, "operational", operational::MakeOperational),
        admin_(authority_.Token("acme", "user:boss", {"tenant_admin"})) {}

  template <typename Response, typename Request>
  absl::StatusOr<Response> Call(absl::string_view method,
                                absl::string_view text,
                                absl::string_view token) {
    return service_.client().Call<Response>(
        absl::StrCat("crm.operational.v1.", method), Proto<Request>(text),
        {.token = std::string(token)});
  }

  // The same as the administrator, for a call that must succeed.
  template <typename Response, typename Request>
  Response Must(absl::string_view method, absl::string_view text) {
    auto response = Call<Response, Request>(method, text, admin_);
    EXPECT_THAT(response, IsOk()) << method;
    return response.ok() ? *std::move(response) : Response();
  }

  // Makes a role of the tenant's own that may work with automations and has
  // `grants` besides, and returns a token of a user who has it.
  std::string TokenWith(absl::string_view id, absl::string_view grants) {
    Must<v1::Role, v1::CreateRoleRequest>(
        "RoleService.CreateRole",
        absl::StrCat("role_id: '", id, "' role { display_name: '", id, "' ",
                     grants,
                     " grants { permissions: 'automations.activate' } }"));
    Must<v1::User, v1::CreateUserRequest>(
        "UserService.CreateUser",
        absl::StrCat("user_id: '", id, "' user { display_name: '", id,
                     "' subject: 'user:", id, "' roles: '", id, "' }"));
    return authority_.Token("acme", absl::StrCat("user:", id), {});
  }

  void CreateAutomation(absl::string_view id, absl::string_view text) {
    Must<v1::Automation, v1::CreateAutomationRequest>(
        "AutomationService.CreateAutomation",
        absl::StrCat("automation_id: '", id, "' automation { display_name: '",
                     id, "' resource_type: 'crm/Lead' ", text, " }"));
  }

  absl::Status Activate(absl::string_view id, absl::string_view token) {
    return Call<v1::Automation, v1::ActivateAutomationRequest>(
               "AutomationService.ActivateAutomation",
               absl::StrCat("name: 'automations/", id, "'"), token)
        .status();
  }

  void CreateLead(absl::string_view id, absl::string_view text = "") {
    Must<v1::Lead, v1::CreateLeadRequest>(
        "LeadService.CreateLead",
        absl::StrCat("lead_id: '", id, "' lead { display_name: '", id,
                     "' company: 'Acme' ", text, " }"));
  }

  std::vector<v1::AutomationRun> Runs(absl::string_view id) {
    const auto listed =
        Must<v1::ListAutomationRunsResponse, v1::ListAutomationRunsRequest>(
            "AutomationRunService.ListAutomationRuns",
            absl::StrCat("filter: 'automation = \"automations/", id, "\"'"));
    return {listed.automation_runs().begin(), listed.automation_runs().end()};
  }

  // Waits until the automation has run `count` times, and returns the runs.
  std::vector<v1::AutomationRun> AwaitRuns(absl::string_view id, size_t count) {
    const absl::Time end = absl::Now() + kPatience;
    std::vector<v1::AutomationRun> runs = Runs(id);
    while (runs.size() < count && absl::Now() < end) {
      std::this_thread::yield();
      runs = Runs(id);
    }
    return runs;
  }

  TestAuthority authority_;
  ServiceHarness service_;
  const std::string admin_;
};

constexpr char kTask[] =
    "events: CREATED actions { create_activity { kind: TASK subject: 'Call "
    "{display_name}' } }";

TEST_F(AutomationRows, OP_05_ActsByItselfAndGoesOnAfterARestart) {
  CreateAutomation("task", kTask);
  ASSERT_THAT(Activate("task", admin_), IsOk());
  CreateLead("ada");
  // It ends between the event and the run, or after both.
  service_.Restart();
  CreateLead("bob");

  const std::vector<v1::AutomationRun> runs = AwaitRuns("task", 2);
  ASSERT_THAT(runs, SizeIs(2));
  for (const v1::AutomationRun& run : runs) {
    EXPECT_EQ(run.state(), v1::AutomationRun::DONE) << run.message();
    EXPECT_EQ(run.run_as(), "user:boss");
  }
  service_.Restart();
  const auto made = Must<v1::ListActivitiesResponse, v1::ListActivitiesRequest>(
      "ActivityService.ListActivities", "order_by: 'subject'");
  ASSERT_EQ(made.activities_size(), 2);
  EXPECT_EQ(made.activities(0).subject(), "Call ada");
  EXPECT_EQ(made.activities(1).subject(), "Call bob");
}

TEST_F(AutomationRows, OP_05_NobodyActivatesWhatHeMayNotDo) {
  CreateAutomation("task", kTask);
  const std::string reader =
      TokenWith("reader",
                "grants { permissions: 'leads.get' permissions: "
                "'automations.get' }");

  EXPECT_THAT(
      Activate("task", reader),
      StatusIs(absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED"));
}

TEST_F(AutomationRows, OP_05_ActsWithTheRightsOfWhoActivatedItAsTheyAre) {
  const std::string helper = TokenWith(
      "helper",
      "grants { permissions: 'leads.get' permissions: 'leads.update' scope: "
      "OWN } grants { permissions: 'automations.get' }");
  CreateAutomation("stamp",
                   "events: CREATED actions { update_fields { fields { field: "
                   "'origin' text: 'seen' } } }");
  ASSERT_THAT(Activate("stamp", helper), IsOk());

  // A lead of another one is none that he sees.
  CreateLead("hers", "owner: 'user:boss'");
  CreateLead("his", "owner: 'user:helper'");
  const std::vector<v1::AutomationRun> runs = AwaitRuns("stamp", 1);
  ASSERT_THAT(runs, SizeIs(1));
  EXPECT_EQ(runs[0].state(), v1::AutomationRun::DONE) << runs[0].message();
  EXPECT_EQ(runs[0].resource(), "leads/his");
  const auto lead = [&](absl::string_view id) {
    return Must<v1::Lead, v1::GetLeadRequest>(
        "LeadService.GetLead", absl::StrCat("name: 'leads/", id, "'"));
  };
  EXPECT_EQ(lead("his").origin(), "seen");
  EXPECT_EQ(lead("his").updater(), "user:helper");
  EXPECT_EQ(lead("hers").origin(), "");
}

TEST_F(AutomationRows, B23_StepsAreTakenWithTheRightsOfWhoEnrolled) {
  const std::string helper = TokenWith(
      "helper",
      "grants { permissions: 'leads.get' permissions: 'activities.*' scope: "
      "OWN } grants { permissions: 'sequences.get' permissions: "
      "'sequenceEnrollments.*' }");
  Must<v1::Sequence, v1::CreateSequenceRequest>(
      "SequenceService.CreateSequence",
      "sequence_id: 'steps' sequence { display_name: 'S' resource_type: "
      "'crm/Lead' "
      "steps { activity { kind: CALL subject: 'Call {display_name}' } } }");
  CreateLead("hers", "owner: 'user:boss'");
  CreateLead("his", "owner: 'user:helper'");
  const auto ended = [&](absl::string_view lead) {
    auto enrollment =
        Call<v1::SequenceEnrollment, v1::CreateSequenceEnrollmentRequest>(
            "SequenceEnrollmentService.CreateSequenceEnrollment",
            absl::StrCat("sequence_enrollment { sequence: 'sequences/steps' "
                         "target: 'leads/",
                         lead, "' }"),
            helper);
    EXPECT_THAT(enrollment, IsOk());
    const absl::Time end = absl::Now() + kPatience;
    while (enrollment.ok() &&
           enrollment->state() == v1::SequenceEnrollment::ACTIVE &&
           absl::Now() < end) {
      std::this_thread::yield();
      enrollment =
          Call<v1::SequenceEnrollment, v1::GetSequenceEnrollmentRequest>(
              "SequenceEnrollmentService.GetSequenceEnrollment",
              absl::StrCat("name: '", enrollment->name(), "'"), admin_);
    }
    return enrollment.value_or(v1::SequenceEnrollment());
  };

  const v1::SequenceEnrollment his = ended("his");
  EXPECT_EQ(his.state(), v1::SequenceEnrollment::COMPLETED) << his.message();
  ASSERT_EQ(his.activities_size(), 1);
  const auto made = Must<v1::Activity, v1::GetActivityRequest>(
      "ActivityService.GetActivity",
      absl::StrCat("name: '", his.activities(0), "'"));
  EXPECT_EQ(made.subject(), "Call his");
  EXPECT_EQ(made.creator(), "user:helper");
  // What he may not read is as good as gone.
  const v1::SequenceEnrollment hers = ended("hers");
  EXPECT_EQ(hers.state(), v1::SequenceEnrollment::EXITED);
  EXPECT_EQ(hers.reason(), "TARGET_GONE");
}

}  // namespace
}  // namespace crm::testing

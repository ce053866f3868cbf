#include "services/operational/handlers/automation_budget.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/automation_run.pb.h"
#include "crm/operational/v1/automation_transitions.pb.h"
#include "crm/operational/v1/lead.pb.h"
#include "gmock/gmock.h"
#include "tests/services/operational/service_on_clock.h"

namespace crm::operational {
namespace {

using ::crm::testing::ServiceOnClock;
using ::testing::HasSubstr;

class AutomationBudget : public ::testing::Test {
 protected:
  void Automate(const std::string& id, const std::string& more) {
    service_.Must<v1::Automation, v1::CreateAutomationRequest>(
        "CreateAutomation",
        absl::StrCat("automation_id: '", id, "' automation { display_name: '",
                     id,
                     "' resource_type: 'crm/Lead' events: CREATED actions { "
                     "create_activity { kind: TASK subject: 'Call' } } ",
                     more, " }"));
    Activate(id);
  }

  void Activate(const std::string& id) {
    service_.Must<v1::Automation, v1::ActivateAutomationRequest>(
        "ActivateAutomation", absl::StrCat("name: 'automations/", id, "'"));
  }

  void CreateLeads(const std::string& prefix, int count) {
    for (int i = 0; i < count; ++i) {
      service_.Must<v1::Lead, v1::CreateLeadRequest>(
          "CreateLead", absl::StrCat("lead_id: '", prefix, i,
                                     "' lead { display_name: 'Ada' }"));
    }
  }

  v1::Automation Get(const std::string& id) {
    return service_.Must<v1::Automation, v1::GetAutomationRequest>(
        "GetAutomation", absl::StrCat("name: 'automations/", id, "'"));
  }

  // How many runs of an automation are DONE, and how many there are.
  std::pair<int, int> Runs(const std::string& id) {
    const auto listed = service_.Must<v1::ListAutomationRunsResponse,
                                      v1::ListAutomationRunsRequest>(
        "ListAutomationRuns",
        absl::StrCat("page_size: 1000 filter: 'automation = \"automations/", id,
                     "\"'"));
    int done = 0;
    for (const v1::AutomationRun& run : listed.automation_runs()) {
      if (run.state() == v1::AutomationRun::DONE) ++done;
    }
    return {done, listed.automation_runs_size()};
  }

  ServiceOnClock service_;
};

TEST_F(AutomationBudget, F55_AMassOfEventsSpendsABudgetAndStopsItAlone) {
  Automate("narrow", "max_runs_per_hour: 5");
  Automate("wide", "");
  CreateLeads("mass", 20);

  service_.Settle();

  EXPECT_EQ(Runs("narrow"), std::pair(5, 5));
  const v1::Automation stopped = Get("narrow");
  EXPECT_EQ(stopped.state(), v1::Automation::PAUSED);
  EXPECT_EQ(stopped.pause_reason(), v1::Automation::OVER_BUDGET);
  EXPECT_TRUE(stopped.has_pause_time());
  EXPECT_THAT(service_.Metrics(), HasSubstr("crm_automation_overruns_total 1"));
  // Nobody else is held up.
  EXPECT_EQ(Runs("wide"), std::pair(20, 20));
  EXPECT_EQ(Get("wide").state(), v1::Automation::ACTIVE);
}

TEST_F(AutomationBudget, F55_WhoeverActivatesItAgainGivesItABudgetAnew) {
  Automate("narrow", "max_runs_per_hour: 2");
  CreateLeads("first", 3);
  service_.Settle();
  ASSERT_EQ(Get("narrow").state(), v1::Automation::PAUSED);
  service_.Advance(absl::Seconds(1));

  Activate("narrow");
  EXPECT_EQ(Get("narrow").pause_reason(),
            v1::Automation::PAUSE_REASON_UNSPECIFIED);
  CreateLeads("second", 2);
  service_.Settle();

  EXPECT_EQ(Runs("narrow"), std::pair(4, 4));
  EXPECT_EQ(Get("narrow").state(), v1::Automation::ACTIVE);
  EXPECT_THAT(service_.Metrics(), HasSubstr("crm_automation_overruns_total 1"));
}

TEST_F(AutomationBudget, F55_TheRunsOfAMassLeaveRoomForOthers) {
  Automate("wide", "");
  CreateLeads("mass", 110);

  service_.FollowEvents();
  service_.Advance(absl::ZeroDuration());
  EXPECT_EQ(Runs("wide"), std::pair(100, 100));
  service_.Advance(absl::Milliseconds(100));

  EXPECT_EQ(Runs("wide"), std::pair(110, 110));
}

}  // namespace
}  // namespace crm::operational

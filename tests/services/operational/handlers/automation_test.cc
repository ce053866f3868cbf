#include "services/operational/handlers/automation.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/activity.pb.h"
#include "crm/operational/v1/lead.pb.h"
#include "gmock/gmock.h"
#include "services/operational/domain/automation.h"
#include "tests/services/operational/service_on_clock.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::Proto;
using ::crm::testing::ServiceOnClock;
using ::crm::testing::StatusIs;
using ::testing::SizeIs;

class Automations : public ::testing::Test {
 protected:
  Automations() {
    service_.Must<v1::Lead, v1::CreateLeadRequest>(
        "CreateLead",
        "lead_id: 'ada' lead { display_name: 'Ada' company: 'Old' }");
  }

  void Create(absl::string_view id, absl::string_view text) {
    service_.Must<v1::Automation, v1::CreateAutomationRequest>(
        "CreateAutomation",
        absl::StrCat("automation_id: '", id, "' automation { display_name: '",
                     id, "' resource_type: 'crm/Lead' ", text, " }"));
  }

  v1::TestAutomationResponse Test(absl::string_view id,
                                  absl::string_view about) {
    return service_.Must<v1::TestAutomationResponse, v1::TestAutomationRequest>(
        "TestAutomation", absl::StrCat("name: 'automations/", id, "' ", about));
  }

  ServiceOnClock service_;
};

TEST_F(Automations, OP_05_ATestSaysWhatWouldBeAndChangesNothing) {
  Create("all",
         "events: UPDATED condition: 'company:*' actions { create_activity { "
         "kind: CALL subject: 'Call {display_name}' } } actions { "
         "update_fields { fields { field: 'company' text: 'New' } } } actions "
         "{ follow {} }");
  const std::string before = service_.Everything();

  const v1::TestAutomationResponse trace = Test("all", "resource: 'leads/ada'");

  EXPECT_EQ(service_.Everything(), before);
  EXPECT_TRUE(trace.started());
  EXPECT_TRUE(trace.met());
  EXPECT_EQ(trace.detail(), "");
  ASSERT_THAT(trace.actions(), SizeIs(3));
  v1::Activity activity;
  ASSERT_TRUE(trace.actions(0).resource().UnpackTo(&activity));
  EXPECT_EQ(activity.subject(), "Call Ada");
  EXPECT_EQ(trace.actions(0).result().method(), "CreateActivity");
  v1::Lead lead;
  ASSERT_TRUE(trace.actions(1).resource().UnpackTo(&lead));
  EXPECT_EQ(lead.company(), "New");
  EXPECT_EQ(trace.actions(1).result().resource(), "leads/ada");
  EXPECT_THAT(trace.actions(1).result().changed_fields(),
              ::testing::Contains("company"));
  EXPECT_EQ(trace.actions(2).result().method(), "CreateFollower");
}

TEST_F(Automations, ATestSaysWhyNothingWouldBe) {
  Create("big",
         "events: UPDATED condition: 'company = \"Big\"' actions { "
         "follow {} }");
  Create("stuck",
         "events: CREATED actions { create_activity { kind: TASK subject: "
         "'first' } } actions { call_verb { verb: 'recycle' } } actions { "
         "follow {} }");

  const v1::TestAutomationResponse unmet = Test("big", "resource: 'leads/ada'");
  EXPECT_FALSE(unmet.met());
  EXPECT_EQ(unmet.detail(), "Its conditions are not met.");
  EXPECT_THAT(unmet.actions(), SizeIs(0));

  const std::string before = service_.Everything();
  const v1::TestAutomationResponse stuck =
      Test("stuck", "resource: 'leads/ada'");
  EXPECT_EQ(service_.Everything(), before);
  ASSERT_THAT(stuck.actions(), SizeIs(2));
  EXPECT_EQ(stuck.actions(0).reason(), "");
  EXPECT_EQ(stuck.actions(1).reason(), "ILLEGAL_TRANSITION");
}

TEST_F(Automations, ATestIsAboutAnEventOrAResourceOfTheType) {
  Create("any", "events: CREATED actions { follow {} }");
  const auto test = [&](absl::string_view about) {
    return service_.Serve("TestAutomation",
                          Proto<v1::TestAutomationRequest>(
                              absl::StrCat("name: 'automations/any' ", about)));
  };
  EXPECT_THAT(test(""),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(test("resource: 'leads/ada' event_id: 'x'"),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(test("resource: 'leads/none'"),
              StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
  EXPECT_THAT(test("event_id: 'none'"),
              StatusIs(absl::StatusCode::kNotFound, "EVENT_NOT_FOUND"));
  EXPECT_THAT(test("resource: 'automations/any'"),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       "AUTOMATION_TYPE_DIFFERS"));
}

TEST_F(Automations, WhatAnActiveOneDoesStays) {
  Create("one", "events: CREATED actions { follow {} }");
  service_.Must<v1::Automation, v1::ActivateAutomationRequest>(
      "ActivateAutomation", "name: 'automations/one'");
  const auto update = [&](absl::string_view text) {
    return service_.Serve(
        "UpdateAutomation",
        Proto<v1::UpdateAutomationRequest>(
            absl::StrCat("automation { name: 'automations/one' ", text, " }")));
  };
  EXPECT_THAT(
      update("condition: 'company:*'"),
      StatusIs(absl::StatusCode::kFailedPrecondition, "AUTOMATION_IN_USE"));
  EXPECT_TRUE(update("display_name: 'Other'").ok());
  EXPECT_THAT(
      service_.Serve("DeleteAutomation", Proto<v1::DeleteAutomationRequest>(
                                             "name: 'automations/one'")),
      StatusIs(absl::StatusCode::kFailedPrecondition, "AUTOMATION_IN_USE"));
  const auto paused = service_.Must<v1::Automation, v1::PauseAutomationRequest>(
      "PauseAutomation", "name: 'automations/one'");
  EXPECT_EQ(paused.active_type(), "");
  EXPECT_TRUE(update("condition: 'company:*'").ok());
}

TEST_F(Automations, OnlySoManyOfATypeAreActive) {
  for (int i = 0; i < kMaxActiveAutomations; ++i) {
    const std::string id = absl::StrCat("many", i);
    Create(id, "events: CREATED actions { follow {} }");
    service_.Must<v1::Automation, v1::ActivateAutomationRequest>(
        "ActivateAutomation", absl::StrCat("name: 'automations/", id, "'"));
  }
  Create("more", "events: CREATED actions { follow {} }");
  EXPECT_THAT(
      service_.Serve("ActivateAutomation", Proto<v1::ActivateAutomationRequest>(
                                               "name: 'automations/more'")),
      StatusIs(absl::StatusCode::kResourceExhausted, "TOO_MANY_AUTOMATIONS"));
}

}  // namespace
}  // namespace crm::operational

#include "services/operational/domain/automation.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/lead.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "services/operational/domain/automation_check.h"
#include "shared/base/errors.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

// Knows leads and users.
RuleContext Context() {
  RuleContext context;
  context.find_type =
      [](absl::string_view type) -> const google::protobuf::Descriptor* {
    if (type == "crm/User") return v1::Lead::descriptor();
    return type == "crm/Lead" ? v1::Lead::descriptor() : nullptr;
  };
  return context;
}

template <typename T>
T Parse(const std::string& text) {
  T message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message))
      << text;
  return message;
}

v1::Automation OnLeads(const std::string& text) {
  return Parse<v1::Automation>(
      absl::StrCat("name: 'automations/a' resource_type: 'crm/Lead' ", text));
}

TEST(PrepareAutomation, OP_05_SaysAllThatIsWrongAtOnce) {
  struct Case {
    const char* text;
    std::vector<std::string> fields;
  };
  for (const Case& test : std::initializer_list<Case>{
           {"actions { follow {} }", {}},
           {"actions {}", {"automation.actions[0]"}},
           {"changed_fields: 'company' changed_fields: 'moon' verbs: "
            "'qualify' verbs: 'fly' verbs: 'delete' condition: 'moon = 1' "
            "condition_before: 'state =' actions { follow {} }",
            {"automation.changed_fields[1]", "automation.verbs[1]",
             "automation.verbs[2]", "automation.condition",
             "automation.condition_before"}},
           {"actions { create_activity { subject: '{moon}' description: '{' } "
            "}",
            {"automation.actions[0].create_activity.subject",
             "automation.actions[0].create_activity.description"}},
           {"actions { update_fields { fields { field: 'company' text: '{x}' } "
            "fields { field: 'company' } fields { field: 'score' text: '1' } "
            "fields { field: 'name' text: 'leads/x' } } }",
            {"automation.actions[0].update_fields.fields[0].text",
             "automation.actions[0].update_fields.fields[1].field",
             "automation.actions[0].update_fields.fields[2].field",
             "automation.actions[0].update_fields.fields[3].field"}},
           {"actions { call_verb { verb: 'fly' } } actions { call_verb { verb: "
            "'disqualify' } } actions { call_verb { verb: 'disqualify' fields "
            "{ field: 'disqualify_reason' text: 'x' } fields { field: 'etag' "
            "text: 'x' } } }",
            {"automation.actions[0].call_verb.verb",
             "automation.actions[1].call_verb.fields",
             "automation.actions[2].call_verb.fields[1].field"}},
           {"actions { assign_owner {} }",
            {"automation.actions[0].assign_owner"}}}) {
    v1::Automation automation = OnLeads(test.text);
    const absl::Status status =
        PrepareAutomation(nullptr, automation, Context());
    std::vector<std::string> fields;
    for (const FieldViolation& violation : FieldViolations(status)) {
      fields.push_back(violation.field);
    }
    EXPECT_THAT(fields, ElementsAreArray(test.fields)) << test.text;
    EXPECT_EQ(status.ok(), test.fields.empty()) << test.text;
  }
}

TEST(PrepareAutomation, RefusesTypesThatGrantAccess) {
  for (const char* type : {"crm/User", "crm/Moon", "crm/Automation"}) {
    v1::Automation automation = OnLeads("actions { follow {} }");
    automation.set_resource_type(type);
    const auto violations =
        FieldViolations(PrepareAutomation(nullptr, automation, Context()));
    ASSERT_EQ(violations.size(), 1u) << type;
    EXPECT_EQ(violations[0].field, "automation.resource_type");
  }
}

TEST(PrepareAutomation, ActiveOnesHoldTheirType) {
  v1::Automation automation = OnLeads("actions { follow {} } state: ACTIVE");
  EXPECT_THAT(PrepareAutomation(nullptr, automation, Context()), IsOk());
  EXPECT_EQ(automation.active_type(), "crm/Lead");
  automation.set_state(v1::Automation::PAUSED);
  EXPECT_THAT(PrepareAutomation(nullptr, automation, Context()), IsOk());
  EXPECT_EQ(automation.active_type(), "");
}

TEST(IsStartedBy, KindsFieldsAndVerbsDecide) {
  struct Case {
    const char* automation;
    const char* event;
    bool started;
  };
  constexpr char kQualify[] =
      "type: 'lead.updated' changed_fields: 'state' method: "
      "'/crm.operational.v1.LeadService/QualifyLead'";
  for (const Case& test : std::initializer_list<Case>{
           {"events: CREATED", "type: 'lead.created'", true},
           {"events: CREATED", "type: 'lead.updated'", false},
           {"events: CREATED changed_fields: 'state'", "type: 'lead.created'",
            true},
           {"events: DELETED", "type: 'lead.deleted'", true},
           {"events: UNDELETED", "type: 'lead.undeleted'", true},
           {"events: UPDATED", kQualify, true},
           {"events: UPDATED changed_fields: 'state'", kQualify, true},
           {"events: UPDATED changed_fields: 'company'", kQualify, false},
           {"events: UPDATED verbs: 'qualify'", kQualify, true},
           {"events: UPDATED verbs: 'work' verbs: 'qualify'", kQualify, true},
           {"events: UPDATED verbs: 'work'", kQualify, false},
           {"events: UPDATED verbs: 'qualify' changed_fields: 'company'",
            kQualify, false},
           {"events: UPDATED changed_fields: 'labels'",
            "type: 'lead.updated' changed_fields: 'labels.region'", true},
           {"events: UPDATED changed_fields: 'labels.region'",
            "type: 'lead.updated' changed_fields: 'labels.team'", false},
           {"events: UPDATED", "type: 'lead.merged'", false}}) {
    EXPECT_EQ(IsStartedBy(OnLeads(test.automation),
                          Parse<internal::v1::Event>(test.event),
                          *v1::Lead::descriptor()),
              test.started)
        << test.automation << " / " << test.event;
  }
}

TEST(MeetsConditions, ConcernsBeforeAndAfter) {
  const auto old_lead = Parse<v1::Lead>("company: 'Old'");
  const auto new_lead = Parse<v1::Lead>("company: 'New'");
  const auto meets = [](const char* text, const v1::Lead* before,
                        const v1::Lead* after) {
    return MeetsConditions(OnLeads(text), *v1::Lead::descriptor(), before,
                           after, {});
  };
  EXPECT_TRUE(meets("", nullptr, &new_lead));
  EXPECT_TRUE(meets("condition: 'company = New'", &old_lead, &new_lead));
  EXPECT_FALSE(meets("condition: 'company = Old'", &old_lead, &new_lead));
  EXPECT_TRUE(meets("condition_before: 'company = Old'", &old_lead, &new_lead));
  EXPECT_FALSE(
      meets("condition_before: 'company = New'", &old_lead, &new_lead));
  EXPECT_FALSE(meets("condition_before: 'company = Old'", nullptr, &new_lead));
  // What is gone is judged by what it was.
  EXPECT_TRUE(meets("condition: 'company = Old'", &old_lead, nullptr));
  EXPECT_FALSE(
      meets("condition: 'custom_fields.gone = 1'", nullptr, &new_lead));
}

TEST(CheckCauseChain, EndsLoopsAndLongChains) {
  EXPECT_EQ(CheckCauseChain("a", {}).reason, "");
  EXPECT_EQ(CheckCauseChain("a", {"b", "c"}).reason, "");
  EXPECT_EQ(CheckCauseChain("a", {"b", "a", "c"}).reason, "AUTOMATION_LOOP");
  std::vector<std::string> chain(kMaxCauseDepth - 1, "b");
  EXPECT_EQ(CheckCauseChain("a", chain).reason, "");
  chain.push_back("b");
  EXPECT_EQ(CheckCauseChain("a", chain).reason, "CAUSE_CHAIN_TOO_LONG");
}

TEST(PermissionsOf, AreThoseOfWhatItDoes) {
  EXPECT_THAT(
      PermissionsOf(
          OnLeads("actions { create_activity {} } actions { update_fields {} } "
                  "actions { call_verb { verb: 'qualify' } } actions { "
                  "assign_owner {} } actions { follow {} }"),
          *v1::Lead::descriptor()),
      ElementsAre("activities.create", "followers.create", "leads.get",
                  "leads.qualify", "leads.update"));
}

}  // namespace
}  // namespace crm::operational

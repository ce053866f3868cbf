#include "services/operational/domain/custom_field.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/lead.pb.h"
#include "crm/operational/v1/role.pb.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;
using v1::FieldDefinition;
using v1::ValidationRule;

template <typename T>
T Parse(const std::string& text) {
  T message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

// Knows leads, roles and one custom field of leads, `seats`.
RuleContext Context() {
  RuleContext context;
  context.find_type =
      [](absl::string_view type) -> const google::protobuf::Descriptor* {
    if (type == "crm/Lead") return v1::Lead::descriptor();
    return type == "crm/Role" ? v1::Role::descriptor() : nullptr;
  };
  context.find_custom_field =
      [](const google::protobuf::Descriptor&,
         absl::string_view key) -> const google::protobuf::FieldDescriptor* {
    return key == "seats"
               ? crm::api::CustomValue::descriptor()->FindFieldByName(
                     "int_value")
               : nullptr;
  };
  return context;
}

FieldDefinition Seats(const std::string& more = "") {
  return Parse<FieldDefinition>(
      "name: 'fieldDefinitions/seats' resource_type: 'crm/Lead' key: 'seats' "
      "type: INTEGER " +
      more);
}

TEST(PrepareFieldDefinition, MakesDraftsWithAFullKey) {
  FieldDefinition after = Seats("state: ACTIVE indexed: true");

  ASSERT_THAT(PrepareFieldDefinition(nullptr, after, Context()), IsOk());

  EXPECT_EQ(after.state(), FieldDefinition::DRAFT);
  EXPECT_EQ(after.full_key(), "crm/Lead.seats");
  EXPECT_EQ(after.index_state(), FieldDefinition::INDEX_STATE_UNSPECIFIED);
}

TEST(PrepareFieldDefinition, WantsATypeWithCustomFields) {
  for (const char* type : {"crm/Role", "crm/Nothing"}) {
    FieldDefinition after = Seats();
    after.set_resource_type(type);

    EXPECT_THAT(PrepareFieldDefinition(nullptr, after, Context()),
                StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  }
}

TEST(PrepareFieldDefinition, BuildsTheIndexWhenItIsNewOrAnother) {
  const FieldDefinition plain = Seats("state: ACTIVE");
  FieldDefinition after = Seats("state: ACTIVE indexed: true");
  ASSERT_THAT(PrepareFieldDefinition(&plain, after, Context()), IsOk());
  EXPECT_EQ(after.index_state(), FieldDefinition::BUILDING);
  EXPECT_EQ(after.index_revision(), 1);

  // Nothing about the index changes.
  FieldDefinition ready = after;
  ready.set_index_state(FieldDefinition::READY);
  ASSERT_THAT(PrepareFieldDefinition(&after, ready, Context()), IsOk());
  EXPECT_EQ(ready.index_state(), FieldDefinition::READY);

  FieldDefinition unique = ready;
  unique.set_unique(true);
  ASSERT_THAT(PrepareFieldDefinition(&ready, unique, Context()), IsOk());
  EXPECT_EQ(unique.index_state(), FieldDefinition::BUILDING);
  EXPECT_EQ(unique.index_revision(), 2);

  FieldDefinition none = ready;
  none.set_indexed(false);
  ASSERT_THAT(PrepareFieldDefinition(&ready, none, Context()), IsOk());
  EXPECT_EQ(none.index_state(), FieldDefinition::INDEX_STATE_UNSPECIFIED);
}

TEST(CheckDeletable, IsTrueOfDraftsAlone) {
  EXPECT_THAT(CheckDeletable(Seats("state: DRAFT")), IsOk());
  for (const char* state : {"ACTIVE", "DEPRECATED", "REMOVED"}) {
    EXPECT_THAT(
        CheckDeletable(Seats(absl::StrCat("state: ", state))),
        StatusIs(absl::StatusCode::kFailedPrecondition, "FIELD_IN_USE"));
  }
}

TEST(FieldStates, MoveByTheirVerbs) {
  const auto active = ActivateField(Seats("state: DRAFT indexed: true"), {});
  ASSERT_THAT(active, IsOk());
  EXPECT_EQ(active->state(), FieldDefinition::ACTIVE);
  EXPECT_EQ(active->index_state(), FieldDefinition::BUILDING);
  EXPECT_THAT(ActivateField(*active, {}),
              StatusIs(absl::StatusCode::kFailedPrecondition, "FIELD_ACTIVE"));
  EXPECT_THAT(
      RemoveField(*active),
      StatusIs(absl::StatusCode::kFailedPrecondition, "FIELD_NOT_DEPRECATED"));

  const auto deprecated = DeprecateField(*active);
  ASSERT_THAT(deprecated, IsOk());
  EXPECT_THAT(ActivateField(*deprecated, {}), IsOk());
  EXPECT_THAT(
      DeprecateField(*deprecated),
      StatusIs(absl::StatusCode::kFailedPrecondition, "FIELD_NOT_ACTIVE"));

  const auto removed = RemoveField(*deprecated);
  ASSERT_THAT(removed, IsOk());
  EXPECT_THAT(ActivateField(*removed, {}),
              StatusIs(absl::StatusCode::kFailedPrecondition, "FIELD_REMOVED"));
}

TEST(ActivateField, StopsAtTheLimits) {
  EXPECT_THAT(ActivateField(Seats("state: DRAFT"),
                            {.active = 199, .beyond_draft = 999}),
              IsOk());
  EXPECT_THAT(
      ActivateField(Seats("state: DRAFT"), {.active = 200}),
      StatusIs(absl::StatusCode::kResourceExhausted, "TOO_MANY_FIELDS"));
  EXPECT_THAT(
      ActivateField(Seats("state: DRAFT"), {.beyond_draft = 1'000}),
      StatusIs(absl::StatusCode::kResourceExhausted, "TOO_MANY_FIELDS"));
}

TEST(PrepareValidationRule, ChecksTheExpressionAndTheField) {
  auto rule = Parse<ValidationRule>(
      "resource_type: 'crm/Lead' refuse_when: 'custom_fields.seats > 3' field: "
      "'custom_fields.seats' message: 'no.' state: ENABLED");
  ASSERT_THAT(PrepareValidationRule(nullptr, rule, Context()), IsOk());
  EXPECT_EQ(rule.state(), ValidationRule::DRAFT);

  for (const char* bad : {"custom_fields.other > 3", "custom_fields.seats > a",
                          "nothing = 1", "  ", "customer.display_name = x"}) {
    rule.set_refuse_when(bad);
    EXPECT_THAT(PrepareValidationRule(nullptr, rule, Context()),
                StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"))
        << bad;
  }
  rule.set_refuse_when("custom_fields.seats > 3");
  rule.set_field("nothing");
  EXPECT_THAT(PrepareValidationRule(nullptr, rule, Context()),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

TEST(RuleStates, MoveByTheirVerbs) {
  const auto enabled = EnableRule(Parse<ValidationRule>("state: DRAFT"), 99);
  ASSERT_THAT(enabled, IsOk());
  EXPECT_THAT(EnableRule(*enabled, 0),
              StatusIs(absl::StatusCode::kFailedPrecondition, "RULE_ENABLED"));
  EXPECT_THAT(EnableRule(Parse<ValidationRule>("state: DRAFT"), 100),
              StatusIs(absl::StatusCode::kResourceExhausted, "TOO_MANY_RULES"));
  const auto disabled = DisableRule(*enabled);
  ASSERT_THAT(disabled, IsOk());
  EXPECT_THAT(
      DisableRule(*disabled),
      StatusIs(absl::StatusCode::kFailedPrecondition, "RULE_NOT_ENABLED"));
  EXPECT_THAT(EnableRule(*disabled, 0), IsOk());
}

}  // namespace
}  // namespace crm::operational

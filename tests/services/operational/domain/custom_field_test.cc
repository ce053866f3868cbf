#include "services/operational/domain/custom_field.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "crm/operational/v1/lead.pb.h"
#include "crm/operational/v1/object.pb.h"
#include "crm/operational/v1/object_type.pb.h"
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
  context.find_custom_kind = [](absl::string_view kind) -> CustomKind {
    const FindCustomField find = [](const google::protobuf::Descriptor&,
                                    absl::string_view key) -> CustomFieldKind {
      if (key != "seats") return {};
      return {crm::api::CustomValue::descriptor()->FindFieldByName("int_value"),
              "",
              {}};
    };
    if (kind == "crm/Lead") return {v1::Lead::descriptor(), find};
    if (absl::StartsWith(kind, "objectTypes/")) {
      return {v1::Object::descriptor(), find};
    }
    return {};
  };
  context.find =
      [](const google::protobuf::Descriptor* type,
         absl::string_view name) -> const google::protobuf::Message* {
    static const auto& vehicles = *new v1::ObjectType();
    return type == v1::ObjectType::descriptor() &&
                   name == "objectTypes/vehicles"
               ? &vehicles
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

TEST(PrepareFieldDefinition, GivesDraftsAFullKeyAndNoIndexYet) {
  FieldDefinition after = Seats("state: DRAFT indexed: true");

  ASSERT_THAT(PrepareFieldDefinition(nullptr, after, Context()), IsOk());

  EXPECT_EQ(after.full_key(), "crm/Lead.seats");
  EXPECT_EQ(after.index_state(), FieldDefinition::INDEX_STATE_UNSPECIFIED);
}

TEST(PrepareFieldDefinition, A32_TakesFieldsOfAndReferencesToObjectTypes) {
  FieldDefinition field = Seats();
  field.set_resource_type("objectTypes/vehicles");
  FieldDefinition reference = Parse<FieldDefinition>(
      "name: 'fieldDefinitions/car' resource_type: 'crm/Lead' key: 'car' type: "
      "REFERENCE reference_type: 'objectTypes/vehicles'");
  FieldDefinition of_none = Seats();
  of_none.set_resource_type("objectTypes/ships");
  FieldDefinition to_none = reference;
  to_none.set_reference_type("objectTypes/ships");

  EXPECT_THAT(PrepareFieldDefinition(nullptr, field, Context()), IsOk());
  EXPECT_EQ(field.full_key(), "objectTypes/vehicles.seats");
  EXPECT_THAT(PrepareFieldDefinition(nullptr, reference, Context()), IsOk());
  EXPECT_THAT(PrepareFieldDefinition(nullptr, of_none, Context()),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(PrepareFieldDefinition(nullptr, to_none, Context()),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
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

TEST(CheckFieldDeletable, IsTrueOfDraftsAlone) {
  EXPECT_THAT(CheckFieldDeletable(Seats("state: DRAFT")), IsOk());
  for (const char* state : {"ACTIVE", "DEPRECATED", "REMOVED"}) {
    EXPECT_THAT(
        CheckFieldDeletable(Seats(absl::StrCat("state: ", state))),
        StatusIs(absl::StatusCode::kFailedPrecondition, "FIELD_IN_USE"));
  }
}

TEST(BeginIndex, BuildsWhereTheFieldHasOne) {
  FieldDefinition plain = Seats("state: ACTIVE");
  BeginIndex(plain);
  EXPECT_EQ(plain.index_state(), FieldDefinition::INDEX_STATE_UNSPECIFIED);

  FieldDefinition indexed = Seats("state: ACTIVE indexed: true");
  BeginIndex(indexed);
  EXPECT_EQ(indexed.index_state(), FieldDefinition::BUILDING);
  EXPECT_EQ(indexed.index_revision(), 1);
}

TEST(CheckFieldCounts, StopsAtTheLimits) {
  const FieldDefinition field = Seats("state: ACTIVE");
  EXPECT_THAT(CheckFieldCounts(
                  field, true,
                  {.active = 199, .beyond_draft = 999, .of_tenant = 7'999}),
              IsOk());
  EXPECT_THAT(CheckFieldCounts(field, false,
                               {.beyond_draft = 1'000, .of_tenant = 8'000}),
              IsOk());
  EXPECT_THAT(
      CheckFieldCounts(field, true, {.of_tenant = 8'000}),
      StatusIs(absl::StatusCode::kResourceExhausted, "TOO_MANY_FIELDS"));
  EXPECT_THAT(
      CheckFieldCounts(field, true, {.active = 200}),
      StatusIs(absl::StatusCode::kResourceExhausted, "TOO_MANY_FIELDS"));
  EXPECT_THAT(
      CheckFieldCounts(field, true, {.beyond_draft = 1'000}),
      StatusIs(absl::StatusCode::kResourceExhausted, "TOO_MANY_FIELDS"));
}

TEST(PrepareValidationRule, ChecksTheExpressionAndTheField) {
  auto rule = Parse<ValidationRule>(
      "resource_type: 'crm/Lead' refuse_when: 'custom_fields.seats > 3' field: "
      "'custom_fields.seats' message: 'no.'");
  ASSERT_THAT(PrepareValidationRule(nullptr, rule, Context()), IsOk());

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

TEST(CheckRuleCounts, StopsAtTheLimits) {
  const auto is_full =
      StatusIs(absl::StatusCode::kResourceExhausted, "TOO_MANY_RULES");
  EXPECT_THAT(CheckRuleCounts({}, {.of_type = 99, .of_tenant = 1'999}), IsOk());
  EXPECT_THAT(CheckRuleCounts({}, {.of_type = 100}), is_full);
  EXPECT_THAT(CheckRuleCounts({}, {.of_tenant = 2'000}), is_full);
}

}  // namespace
}  // namespace crm::operational

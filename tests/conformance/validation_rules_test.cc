// Rules that a tenant defines for itself, as callers of a running service meet
// them.

#include <string>

#include "tests/conformance/custom_fields_fixture.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::operational::v1;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ValidationRules : public CustomFields {};

TEST_F(ValidationRules, A33_ARuleIsCheckedOnEveryWrite) {
  Define("tier", kTier);
  Define("seats", "type: INTEGER");
  const auto rule =
      MakeRule("custom_fields.tier = gold AND NOT custom_fields.seats >= 10",
               "message: 'must be at least 10 for the tier gold.' field: "
               "'custom_fields.seats'");
  ASSERT_THAT(rule, IsOk());
  const auto second = MakeRule("display_name = 'test*'",
                               "message: 'must not be a test.' field: "
                               "'display_name'");
  ASSERT_THAT(second, IsOk());
  ASSERT_THAT(MakeLead("draft", Tier("gold")), IsOk());
  for (const auto& name : {rule->name(), second->name()}) {
    ASSERT_THAT((Call<v1::ValidationRule, v1::EnableValidationRuleRequest>(
                    "ValidationRuleService.EnableValidationRule",
                    absl::StrCat("name: '", name, "'"))),
                IsOk());
  }

  const auto refused =
      MakeLead("test-ada", absl::StrCat(Tier("gold"), Int("seats", 9)));
  const auto made =
      MakeLead("ada", absl::StrCat(Tier("gold"), Int("seats", 10)));
  const auto worse = UpdateLead("ada", Int("seats", 1), "custom_fields.seats");

  EXPECT_THAT(
      Violations(refused.status()),
      ElementsAre("lead.custom_fields.seats: must be at least 10 for the tier "
                  "gold.",
                  "lead.display_name: must not be a test."));
  EXPECT_THAT(made, IsOk());
  EXPECT_THAT(Violations(worse.status()),
              ElementsAre("lead.custom_fields.seats: must be at least 10 for "
                          "the tier gold."));
}

TEST_F(ValidationRules, A33_ARuleFitsItsTypeAndKeepsItsFields) {
  const auto field = Define("tier", kTier);
  const auto unknown = MakeRule("custom_fields.other = 1", "message: 'no.'");
  const auto mistyped = MakeRule("state = SOMETHING", "message: 'no.'");
  const auto rule = MakeRule("custom_fields.tier = gold", "message: 'no.'");
  ASSERT_THAT(rule, IsOk());
  ASSERT_THAT((Call<v1::ValidationRule, v1::EnableValidationRuleRequest>(
                  "ValidationRuleService.EnableValidationRule",
                  absl::StrCat("name: '", rule->name(), "'"))),
              IsOk());
  ASSERT_THAT((Call<v1::FieldDefinition, v1::DeprecateFieldDefinitionRequest>(
                  "FieldDefinitionService.DeprecateFieldDefinition",
                  absl::StrCat("name: '", field.name(), "'"))),
              IsOk());

  const auto removed =
      Call<v1::FieldDefinition, v1::RemoveFieldDefinitionRequest>(
          "FieldDefinitionService.RemoveFieldDefinition",
          absl::StrCat("name: '", field.name(), "'"));

  EXPECT_THAT(Violations(unknown.status()),
              ElementsAre(HasSubstr("There is no custom field 'other'")));
  EXPECT_THAT(mistyped,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(removed,
              StatusIs(absl::StatusCode::kFailedPrecondition, "FIELD_IN_RULE"));
}

TEST_F(ValidationRules, A33_ARuleHoldsForTheWriteAfterItsOwnNoLater) {
  const auto rule = MakeRule("source.system = shop", "message: 'no shops.'");
  ASSERT_THAT(rule, IsOk());
  const std::string name = absl::StrCat("name: '", rule->name(), "'");
  const std::string shop = "source { system: 'shop' }";

  for (int i = 0; i < 3; ++i) {
    ASSERT_THAT((Call<v1::ValidationRule, v1::EnableValidationRuleRequest>(
                    "ValidationRuleService.EnableValidationRule", name)),
                IsOk());
    EXPECT_THAT(Violations(MakeLead(absl::StrCat("no", i), shop).status()),
                ElementsAre("lead: no shops."));
    ASSERT_THAT((Call<v1::ValidationRule, v1::DisableValidationRuleRequest>(
                    "ValidationRuleService.DisableValidationRule", name)),
                IsOk());
    EXPECT_THAT(MakeLead(absl::StrCat("yes", i), shop), IsOk());
  }
}

}  // namespace
}  // namespace crm::testing

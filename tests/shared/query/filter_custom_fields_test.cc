// Custom fields in filters: the types that their definitions say, and the same
// answers as built-in fields.

#include <map>
#include <string>

#include "crm/operational/v1/account.pb.h"
#include "crm/operational/v1/lead.pb.h"
#include "gmock/gmock.h"
#include "shared/query/filter.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::operational::v1::Account;
using ::crm::operational::v1::Lead;
using ::crm::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

CustomFieldKind FindKind(const google::protobuf::Descriptor& /*type*/,
                         absl::string_view key) {
  static const auto& members = *new std::map<std::string, std::string>{
      {"tier", "option_value"},   {"seats", "int_value"},
      {"due", "date_value"},      {"budget", "money_value"},
      {"tags", "options_value"},  {"paid", "bool_value"},
      {"home", "reference_value"}};
  const auto found = members.find(std::string(key));
  if (found == members.end()) return {};
  return {crm::api::CustomValue::descriptor()->FindFieldByName(found->second),
          key == "home" ? "crm/Account" : ""};
}

absl::StatusOr<Filter> Parse(absl::string_view text) {
  return Filter::Parse(text, Lead::descriptor(), "filter", {}, FindKind);
}

Lead Sample() {
  Lead lead;
  auto& values = *lead.mutable_custom_fields();
  values["tier"].set_option_value("gold");
  values["seats"].set_int_value(12);
  values["due"].set_date_value("2026-05-31");
  values["budget"].mutable_money_value()->set_units(900);
  values["tags"].mutable_options_value()->add_options("vip");
  values["tags"].mutable_options_value()->add_options("eu");
  return lead;
}

TEST(CustomFieldFilter, ComparesByTheTypeOfTheDefinition) {
  for (const char* text :
       {"custom_fields.tier = gold", "customFields.tier = \"g*\"",
        "custom_fields.seats > 2", "custom_fields.due < 2026-06-01",
        "custom_fields.budget.units = 900", "custom_fields.tags:vip",
        "custom_fields:seats", "custom_fields.tags:*", "NOT custom_fields:paid",
        "custom_fields.paid != true", "custom_fields.paid = null"}) {
    const auto filter = Parse(text);
    ASSERT_THAT(filter, IsOk()) << text;
    EXPECT_TRUE(filter->Matches(Sample())) << text;
  }
  for (const char* text :
       {"custom_fields.seats > 100", "custom_fields.paid = false",
        "custom_fields.tags:us", "custom_fields:paid"}) {
    const auto filter = Parse(text);
    ASSERT_THAT(filter, IsOk()) << text;
    EXPECT_FALSE(filter->Matches(Sample())) << text;
  }
}

TEST(CustomFieldFilter, SaysWhatDoesNotFit) {
  const std::pair<const char*, const char*> cases[] = {
      {"custom_fields.other = 1", "There is no custom field 'other' in Lead"},
      {"custom_fields:other", "There is no custom field 'other' in Lead"},
      {"custom_fields.seats = many", "needs a whole number"},
      {"custom_fields.seats.int_value = 1", "custom_fields.seats"},
      {"custom_fields.due > soon", "A day is written as"},
      {"custom_fields.tags = vip", "use ':'"},
      {"custom_fields.paid > true", "has no order"}};
  for (const auto& [text, problem] : cases) {
    const auto filter = Parse(text);
    ASSERT_FALSE(filter.ok()) << text;
    EXPECT_THAT(FieldViolations(filter.status()).front().description,
                HasSubstr(problem))
        << text;
  }
}

TEST(CustomFieldFilter, HasNoFieldsWithoutDefinitions) {
  EXPECT_FALSE(
      Filter::Parse("custom_fields.tier = gold", Lead::descriptor()).ok());
}

TEST(CustomFieldFilter, TellsWhichFieldsItReads) {
  const auto filter =
      Parse("custom_fields.tier = gold AND custom_fields.budget.units > 1");

  ASSERT_THAT(filter, IsOk());
  EXPECT_THAT(filter->field_paths(),
              ElementsAre("custom_fields.budget", "custom_fields.tier"));
}

TEST(CustomFieldFilter, UsesAColumnOfTheField) {
  ColumnMap columns;
  columns.Add("custom_fields.seats",
              {"custom_0.v_value", ColumnType::kInteger});
  const auto filter = Parse("NOT custom_fields.seats > 2");
  ASSERT_THAT(filter, IsOk());

  const LoweredFilter lowered = filter->Lower(columns);

  EXPECT_TRUE(lowered.exact);
  EXPECT_EQ(lowered.where.text,
            "custom_0.v_value IS NULL OR custom_0.v_value <= ?");
}

TEST(CustomFieldFilter, LeadsOnToWhatAFieldNames) {
  const ColumnMap accounts;
  const ReferenceTarget target{.type = "crm/Account",
                               .message = Account::descriptor(),
                               .columns = &accounts};
  const FindTarget find_target = [&](absl::string_view type) {
    return type == target.type ? &target : nullptr;
  };
  Account account;
  account.set_display_name("North");
  const auto find = [&](const ReferenceTarget&, const std::string& name) {
    return name == "accounts/north" ? &account : nullptr;
  };
  Lead lead;
  (*lead.mutable_custom_fields())["home"].set_reference_value("accounts/north");
  Lead other = lead;
  (*other.mutable_custom_fields())["home"].set_reference_value("accounts/gone");

  const auto filter =
      Filter::Parse("custom_fields.home.display_name = North",
                    Lead::descriptor(), "filter", find_target, FindKind);
  const auto unreachable = Parse("custom_fields.home.display_name = North");
  const auto no_reference =
      Filter::Parse("custom_fields.tier.display_name = North",
                    Lead::descriptor(), "filter", find_target, FindKind);

  ASSERT_THAT(filter, IsOk());
  EXPECT_THAT(filter->referenced_types(), ElementsAre("crm/Account"));
  EXPECT_TRUE(filter->Matches(lead, find));
  EXPECT_FALSE(filter->Matches(other, find));
  EXPECT_FALSE(filter->Matches(Lead(), find));
  EXPECT_THAT(FieldViolations(unreachable.status()).front().description,
              HasSubstr("names a crm/Account, whose fields cannot be reached"));
  EXPECT_THAT(FieldViolations(no_reference.status()).front().description,
              HasSubstr("'custom_fields.tier' is not a message"));
}

}  // namespace
}  // namespace crm

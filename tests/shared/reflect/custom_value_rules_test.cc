#include "shared/reflect/custom_value_rules.h"

#include <limits>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace crm {
namespace {

using ::crm::api::CustomValue;
using ::crm::operational::v1::FieldDefinition;
using ::google::protobuf::TextFormat;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

FieldDefinition Definition(const std::string& text) {
  FieldDefinition definition;
  EXPECT_TRUE(TextFormat::ParseFromString(text, &definition)) << text;
  return definition;
}

// Returns what is wrong with `value` by `definition`.
std::string Check(const std::string& definition, const std::string& value) {
  CustomValue parsed;
  EXPECT_TRUE(TextFormat::ParseFromString(value, &parsed)) << value;
  return CustomValueRules(Definition(definition)).Check(parsed);
}

TEST(CustomMember, IsThatOfTheTypesName) {
  EXPECT_EQ(CustomMember(FieldDefinition::TEXT)->name(), "string_value");
  EXPECT_EQ(CustomMember(FieldDefinition::INTEGER)->name(), "int_value");
  EXPECT_EQ(CustomMember(FieldDefinition::NUMBER)->name(), "double_value");
  EXPECT_EQ(CustomMember(FieldDefinition::BOOLEAN)->name(), "bool_value");
  EXPECT_EQ(CustomMember(FieldDefinition::TIME)->name(), "time_value");
  EXPECT_EQ(CustomMember(FieldDefinition::DATE)->name(), "date_value");
  EXPECT_EQ(CustomMember(FieldDefinition::MONEY)->name(), "money_value");
  EXPECT_EQ(CustomMember(FieldDefinition::OPTION)->name(), "option_value");
  EXPECT_EQ(CustomMember(FieldDefinition::OPTIONS)->name(), "options_value");
  EXPECT_EQ(CustomMember(FieldDefinition::REFERENCE)->name(),
            "reference_value");
  EXPECT_EQ(CustomMember(FieldDefinition::TYPE_UNSPECIFIED), nullptr);
}

TEST(CustomValueRules, TakeValuesOfTheirType) {
  EXPECT_EQ(Check("type: TEXT", "string_value: 'x'"), "");
  EXPECT_EQ(Check("type: BOOLEAN", "bool_value: false"), "");
  EXPECT_EQ(Check("type: TIME", "time_value { seconds: 1 }"), "");
  EXPECT_EQ(
      Check("type: MONEY", "money_value { currency_code: 'EUR' units: 1 }"),
      "");
  EXPECT_EQ(Check("type: REFERENCE reference_type: 'crm/Account'",
                  "reference_value: 'accounts/north'"),
            "");
  EXPECT_EQ(Check("type: TEXT", "int_value: 1"),
            "must be given as 'string_value'.");
  EXPECT_EQ(Check("type: TEXT", ""), "must be given as 'string_value'.");
}

TEST(CustomValueRules, RefuseWhatBreaksThem) {
  EXPECT_THAT(Check("type: TEXT", "string_value: ''"), HasSubstr("empty"));
  EXPECT_THAT(Check("type: TEXT max_length: 2", "string_value: 'abc'"),
              HasSubstr("at most 2 characters"));
  EXPECT_EQ(
      Check("type: TEXT max_length: 2", "string_value: '\xC3\xA9\xC3\xA9'"),
      "");
  EXPECT_THAT(Check("type: TEXT pattern: 'a+'", "string_value: 'aab'"),
              HasSubstr("must match 'a+'"));
  EXPECT_EQ(Check("type: INTEGER min_value: 1 max_value: 3", "int_value: 0"),
            "must be at least 1.");
  EXPECT_EQ(Check("type: INTEGER min_value: 1 max_value: 3", "int_value: 4"),
            "must be at most 3.");
  EXPECT_EQ(Check("type: NUMBER", "double_value: nan"), "must be finite.");
  EXPECT_EQ(Check("type: NUMBER", "double_value: inf"), "must be finite.");
  EXPECT_THAT(Check("type: MONEY", "money_value { units: 1 }"),
              HasSubstr("currency code"));
  EXPECT_THAT(Check("type: REFERENCE", "reference_value: 'accounts'"),
              HasSubstr("resource name"));
}

TEST(CustomValueRules, KnowTheirOptions) {
  const std::string one =
      "type: OPTION options { id: 'a' } options { id: 'b' }";
  const std::string some =
      "type: OPTIONS options { id: 'a' } options { id: 'b' }";

  EXPECT_EQ(Check(one, "option_value: 'a'"), "");
  EXPECT_THAT(Check(one, "option_value: 'c'"), HasSubstr("options"));
  EXPECT_EQ(Check(some, "options_value { options: 'b' options: 'a' }"), "");
  EXPECT_THAT(Check(some, "options_value { options: 'c' }"),
              HasSubstr("options of the field only"));
  EXPECT_THAT(Check(some, "options_value { options: 'a' options: 'a' }"),
              HasSubstr("once"));
}

TEST(CustomValueRules, TakeFourKibibytesAndNoMore) {
  CustomValue value;
  const CustomValueRules rules(Definition("type: TEXT"));

  value.set_string_value(std::string(kMaxIndexedBytes * 4, 'x'));
  EXPECT_EQ(rules.Check(value), "");
  value.mutable_string_value()->push_back('x');
  EXPECT_THAT(rules.Check(value), HasSubstr("at most 4096 bytes"));
}

// The fields that CheckFieldDefinition blames.
std::vector<std::string> Blamed(const std::string& text) {
  std::vector<std::string> fields;
  for (const FieldViolation& violation :
       CheckFieldDefinition(Definition(text))) {
    fields.push_back(violation.field);
  }
  return fields;
}

TEST(CheckFieldDefinition, TakesWhatFitsTogether) {
  EXPECT_THAT(Blamed("type: TEXT max_length: 256 indexed: true unique: true"),
              IsEmpty());
  EXPECT_THAT(Blamed("type: INTEGER min_value: -1 max_value: -1 indexed: true "
                     "default_value { int_value: -1 }"),
              IsEmpty());
  EXPECT_THAT(Blamed("type: OPTION options { id: 'a' }"), IsEmpty());
}

TEST(CheckFieldDefinition, NamesAllThatDoesNot) {
  EXPECT_THAT(
      Blamed("type: INTEGER options { id: 'a' } options { id: 'a' } "
             "min_value: 2 max_value: 1 max_length: 3 pattern: 'a'"),
      ElementsAre("field_definition.options[1].id", "field_definition.options",
                  "field_definition.max_value", "field_definition.max_length",
                  "field_definition.pattern"));
  EXPECT_THAT(
      Blamed("type: MONEY indexed: true unique: true"),
      ElementsAre("field_definition.indexed", "field_definition.unique"));
  EXPECT_THAT(Blamed("type: TEXT max_length: 257 unique: true"),
              ElementsAre("field_definition.max_length"));
  EXPECT_THAT(Blamed("type: REFERENCE"),
              ElementsAre("field_definition.reference_type"));
  EXPECT_THAT(Blamed("type: INTEGER default_value { string_value: 'x' }"),
              ElementsAre("field_definition.default_value"));
  EXPECT_THAT(Blamed("type: TEXT pattern: '(x{1000}){1000}'"),
              ElementsAre("field_definition.pattern"));
}

}  // namespace
}  // namespace crm

#include "services/operational/domain/field_template.h"

#include <string>

#include "crm/api/custom_value.pb.h"
#include "crm/operational/v1/opportunity.pb.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::StatusIs;

CustomFieldKind FindCustom(const google::protobuf::Descriptor& /*type*/,
                           absl::string_view key) {
  CustomFieldKind kind;
  if (key == "seats") {
    kind.member =
        crm::api::CustomValue::descriptor()->FindFieldByName("int_value");
  }
  return kind;
}

absl::StatusOr<std::string> Render(absl::string_view text,
                                   absl::string_view opportunity) {
  auto parsed =
      FieldTemplate::Parse(text, *v1::Opportunity::descriptor(), FindCustom);
  if (!parsed.ok()) return parsed.status();
  v1::Opportunity message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      std::string(opportunity), &message));
  return parsed->Render(message);
}

TEST(FieldTemplate, WritesValuesForTheirFields) {
  struct Case {
    const char* text;
    const char* opportunity;
    const char* rendered;
  };
  for (const Case& test : std::initializer_list<Case>{
           {"", "", ""},
           {"Call", "", "Call"},
           {"Call {display_name}!", "display_name: 'Ada'", "Call Ada!"},
           {"{{{display_name}}", "display_name: 'Ada'", "{Ada}"},
           {"{amount}",
            "amount { currency_code: 'EUR' units: 12 nanos: "
            "500000000 }",
            "12.50 EUR"},
           {"{amount}",
            "amount { currency_code: 'EUR' units: -12 nanos: -123000000 }",
            "-12.123 EUR"},
           {"{amount}", "", ""},
           {"{state}", "state: OPEN", "OPEN"},
           {"{close_date}", "close_date { year: 2026 month: 5 day: 3 }",
            "2026-05-03"},
           {"{create_time}", "create_time { seconds: 0 }",
            "1970-01-01T00:00:00Z"},
           {"{labels.region} {labels.none}",
            "labels { key: 'region' value: 'north' }", "north "},
           {"{custom_fields.seats}",
            "custom_fields { key: 'seats' value { int_value: 7 } }", "7"},
           {"{displayName}", "display_name: 'Ada'", "Ada"}}) {
    const auto rendered = Render(test.text, test.opportunity);
    ASSERT_TRUE(rendered.ok()) << test.text << ": " << rendered.status();
    EXPECT_EQ(*rendered, test.rendered) << test.text;
  }
}

TEST(FieldTemplate, RefusesWhatIsNoSingleFieldOfTheType) {
  for (const char* text :
       {"{", "a {display_name", "{}", "{moon}", "{labels}", "{source}",
        "{custom_fields}", "{custom_fields.moon}", "{display_name.x}"}) {
    EXPECT_THAT(Render(text, ""),
                StatusIs(absl::StatusCode::kInvalidArgument, "BAD_TEMPLATE"))
        << text;
  }
}

}  // namespace
}  // namespace crm::operational

#include "services/operational/domain/view.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/lead.pb.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "shared/base/errors.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::IsOk;

// Knows leads, and their custom field `seats`.
RuleContext Context() {
  RuleContext context;
  context.find_type =
      [](absl::string_view type) -> const google::protobuf::Descriptor* {
    return type == "crm/Lead" ? v1::Lead::descriptor() : nullptr;
  };
  context.find_custom_field = [](const google::protobuf::Descriptor&,
                                 absl::string_view key) {
    return CustomFieldKind{
        .member = key == "seats"
                      ? crm::api::CustomValue::descriptor()->FindFieldByName(
                            "int_value")
                      : nullptr};
  };
  return context;
}

v1::View Parse(const std::string& text) {
  v1::View view;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      absl::StrCat("display_name: 'New' ", text), &view));
  return view;
}

TEST(PrepareView, AViewIsPrivateUnlessItIsShared) {
  v1::View view = Parse("resource_type: 'crm/Lead' filter: 'state = NEW'");
  EXPECT_THAT(PrepareView(nullptr, view, Context()), IsOk());
  EXPECT_EQ(view.sharing(), v1::View::PRIVATE);

  view.set_sharing(v1::View::SHARED);
  EXPECT_THAT(PrepareView(nullptr, view, Context()), IsOk());
  EXPECT_EQ(view.sharing(), v1::View::SHARED);
}

TEST(PrepareView, OP_23_RefusesWhatItsTypeDoesNotHave) {
  struct Case {
    const char* text;
    std::vector<std::string> fields;
  };
  for (const Case& test : std::initializer_list<Case>{
           {"resource_type: 'crm/Lead'", {}},
           {"resource_type: 'crm/Lead' columns: 'display_name' "
            "columns: 'create_time'",
            {}},
           {"resource_type: 'crm/Moon'", {"view.resource_type"}},
           {"resource_type: 'crm/Lead' filter: 'moon = 1' "
            "columns: 'state' columns: 'moon'",
            {"view.filter", "view.columns[1]"}},
           {"resource_type: 'crm/Lead' filter: 'state ='", {"view.filter"}},
           {"resource_type: 'crm/Lead' order_by: 'state, createTime desc'", {}},
           {"resource_type: 'crm/Lead' order_by: 'custom_fields.seats desc'",
            {}},
           {"resource_type: 'crm/Lead' order_by: 'custom_fields.moon'",
            {"view.order_by"}},
           // It has no column, there is none, there is no such word.
           {"resource_type: 'crm/Lead' order_by: 'labels'", {"view.order_by"}},
           {"resource_type: 'crm/Lead' order_by: 'moon'", {"view.order_by"}},
           {"resource_type: 'crm/Lead' filter: 'moon = 1' "
            "order_by: 'name up' columns: 'moon'",
            {"view.filter", "view.order_by", "view.columns[0]"}}}) {
    v1::View view = Parse(test.text);
    std::vector<std::string> fields;
    for (const FieldViolation& violation :
         FieldViolations(PrepareView(nullptr, view, Context()))) {
      fields.push_back(violation.field);
    }
    EXPECT_EQ(fields, test.fields) << test.text;
  }
}

}  // namespace
}  // namespace crm::operational

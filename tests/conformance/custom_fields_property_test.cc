// Random filters and orders over custom fields, asked twice: of fields that
// have an index, which SQL answers, and of fields with the same values that
// have none, which the messages answer. On every engine both give the same rows
// as a third judge, the filter applied to the leads as they are read.

#include <algorithm>
#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "shared/query/filter.h"
#include "shared/resource/custom_schema.h"
#include "tests/conformance/custom_fields_fixture.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::operational::v1;

constexpr int kLeads = 40;
constexpr int kFilters = 150;

// A field, its definition, and values as filters write them.
struct FieldChoice {
  const char* key;
  const char* definition;
  std::vector<const char*> comparators;
  std::vector<const char*> values;
};

const std::vector<FieldChoice>& Choices() {
  static const auto& choices = *new std::vector<FieldChoice>{
      {"word",
       "type: TEXT max_length: 20 ",
       {"=", "!=", "<", "<=", ">", ">=", ":"},
       {"a", "ab", "b", "\"\xC3\xA9\"", "\"a\\*b\""}},
      {"word",
       "type: TEXT max_length: 20 ",
       {"=", "!=", ":"},
       {"a*", "*b", "*a*", "a*b", "*"}},
      {"count",
       "type: INTEGER ",
       {"=", "!=", "<", "<=", ">", ">="},
       {"0", "1", "-1", "9223372036854775807", "-9223372036854775808"}},
      {"ratio",
       "type: NUMBER ",
       {"=", "!=", "<", "<=", ">", ">="},
       {"0", "0.1", "-2.5", "1e300"}},
      {"paid", "type: BOOLEAN ", {"=", "!="}, {"true", "false", "null"}},
      {"seen",
       "type: TIME ",
       {"=", "!=", "<", ">="},
       {"2023-11-14T22:13:20Z", "2023-11-14T22:13:20.000001Z"}},
      {"due",
       "type: DATE ",
       {"=", "!=", "<", "<=", ">", ">="},
       {"2024-02-29", "2024-03-01"}},
      {"tier",
       "type: OPTION options { id: 'gold' display_name: 'Gold' } options { "
       "id: 'silver' display_name: 'Silver' } ",
       {"=", "!=", ":"},
       {"gold", "silver", "g*", "*"}},
  };
  return choices;
}

class CustomFieldsProperty : public CustomFields {
 protected:
  CustomFieldsProperty() : random_(20240501) {}

  int Below(uint32_t bound) { return static_cast<int>(random_() % bound); }

  template <typename T>
  const T& Pick(const std::vector<T>& from) {
    return from[random_() % from.size()];
  }

  // Sets some of the values of a lead, under both names of each field.
  void SetValues(v1::Lead& lead) {
    static const std::vector<const char*> words = {
        "a", "ab", "A", "b", "ba", "a*b", "a_b", "\xC3\xA9"};
    static const std::vector<int64_t> numbers = {0, 1,         -1,
                                                 5, INT64_MAX, INT64_MIN};
    static const std::vector<double> reals = {0, -0.0, 0.1, -2.5, 1e300};
    static const std::vector<const char*> days = {"2024-02-29", "2024-03-01",
                                                  "2023-12-31"};
    static const std::vector<const char*> tiers = {"gold", "silver"};
    const auto set = [&](const std::string& key, auto fill) {
      if (Below(3) == 0) return;
      crm::api::CustomValue value;
      fill(value);
      (*lead.mutable_custom_fields())[key] = value;
      (*lead.mutable_custom_fields())["x_" + key] = value;
    };
    set("word", [&](auto& value) { value.set_string_value(Pick(words)); });
    set("count", [&](auto& value) { value.set_int_value(Pick(numbers)); });
    set("ratio", [&](auto& value) { value.set_double_value(Pick(reals)); });
    set("paid", [&](auto& value) { value.set_bool_value(Below(2) == 0); });
    set("seen", [&](auto& value) {
      value.mutable_time_value()->set_seconds(1'700'000'000 + Below(2));
      value.mutable_time_value()->set_nanos(Below(3) * 1'500);
    });
    set("due", [&](auto& value) { value.set_date_value(Pick(days)); });
    set("tier", [&](auto& value) { value.set_option_value(Pick(tiers)); });
  }

  // A random filter in which `PREFIX` stands before each key.
  std::string Expression(int depth) {
    const int choice = depth == 0 ? 0 : Below(5);
    if (choice <= 1) {
      const FieldChoice& field = Pick(Choices());
      return absl::StrCat("custom_fields.PREFIX", field.key, " ",
                          Pick(field.comparators), " ", Pick(field.values));
    }
    if (choice == 2) return absl::StrCat("NOT (", Expression(depth - 1), ")");
    const std::string left = Expression(depth - 1);
    const std::string right = Expression(depth - 1);
    return absl::StrCat("(", left, choice == 3 ? ") AND (" : ") OR (", right,
                        ")");
  }

  std::mt19937 random_;
};

std::string WithPrefix(std::string text, absl::string_view prefix) {
  for (size_t at = 0; (at = text.find("PREFIX", at)) != text.npos;) {
    text.replace(at, 6, prefix.data(), prefix.size());
  }
  return text;
}

TEST_F(CustomFieldsProperty, A31_IndexMessagesAndEnginesGiveTheSameRows) {
  std::vector<v1::FieldDefinition> definitions;
  std::set<std::string> defined;
  for (const FieldChoice& field : Choices()) {
    if (!defined.insert(field.key).second) continue;
    definitions.push_back(Define(field.key, field.definition));
    definitions.push_back(
        Define(absl::StrCat("x_", field.key),
               absl::StrCat(field.definition, "indexed: true")));
  }
  const CustomSchema schema(definitions, {}, nullptr);
  std::vector<v1::Lead> leads;
  for (int i = 0; i < kLeads; ++i) {
    v1::CreateLeadRequest request;
    request.set_lead_id(absl::StrCat("lead-", 100 + i));
    request.mutable_lead()->set_display_name("Lead");
    SetValues(*request.mutable_lead());
    auto made = Send<v1::Lead>("LeadService.CreateLead", request);
    ASSERT_THAT(made, IsOk());
    leads.push_back(*std::move(made));
  }

  int selective = 0;
  for (int i = 0; i < kFilters; ++i) {
    const std::string text = Expression(3);
    SCOPED_TRACE(text);
    const auto filter =
        Filter::Parse(WithPrefix(text, ""), v1::Lead::descriptor(), "filter",
                      {}, schema.finder());
    ASSERT_THAT(filter, IsOk());
    std::vector<std::string> expected;
    for (const v1::Lead& lead : leads) {
      if (filter->Matches(lead)) expected.push_back(lead.name().substr(6));
    }
    ASSERT_THAT(Leads(WithPrefix(text, ""), "", 1'000), IsOkAndHolds(expected));
    ASSERT_THAT(Leads(WithPrefix(text, "x_"), "", 7), IsOkAndHolds(expected));

    // An order only moves rows, over the pages too.
    const std::string key =
        absl::StrCat("custom_fields.x_", Pick(Choices()).key);
    const auto ordered = Leads(WithPrefix(text, "x_"),
                               absl::StrCat(key, i % 2 == 0 ? "" : " desc"), 3);
    ASSERT_THAT(ordered, IsOk());
    std::vector<std::string> sorted = *ordered;
    std::sort(sorted.begin(), sorted.end());
    ASSERT_EQ(sorted, expected);
    selective += !expected.empty() && expected.size() < leads.size() ? 1 : 0;
  }
  // The test would prove nothing if little were told apart.
  EXPECT_GT(selective, kFilters / 2);
}

}  // namespace
}  // namespace crm::testing

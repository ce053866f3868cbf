#include "services/operational/domain/identity/duplicate_rule.h"

#include <limits>
#include <string>

#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::Field;

DuplicateRule ValidRule() {
  DuplicateRule rule;
  rule.keys = {{{.field = "phone"}}};
  rule.fields = {{.field = "name", .weights = {4, 2, -3}}};
  rule.match_from = 3;
  rule.possible_from = 1;
  return rule;
}

TEST(ValidateDuplicateRule, TakesAValidOne) {
  EXPECT_THAT(ValidateDuplicateRule(ValidRule()), IsOk());
}

TEST(ValidateDuplicateRule, TellsOfAllThatIsWrong) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  DuplicateRule rule = ValidRule();
  rule.keys = {
      {}, {{.field = ""}}, {{.field = "a", .form = KeyPart::Form::kPrefix}}};
  rule.fields = {{.field = "name", .close_from = kNan},
                 {.field = "name", .weights = {kNan, 0, 0}},
                 {.field = "", .related_weights = {0, 0, -1e6}}};
  rule.possible_from = 4;
  rule.prior = 1;
  rule.related_share = 1;

  const absl::Status status = ValidateDuplicateRule(rule);

  EXPECT_THAT(status,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  const auto at = [](const char* field) {
    return Field(&FieldViolation::field, field);
  };
  EXPECT_THAT(FieldViolations(status),
              ElementsAre(at("keys[0]"), at("keys[1]"), at("keys[2]"),
                          at("fields[0].close_from"), at("fields[1].field"),
                          at("fields[1].weights"), at("fields[2].field"),
                          at("fields[2].weights"), at("possible_from"),
                          at("prior"), at("related_share")));
}

TEST(ValidateDuplicateRule, RefusesNoneAndTooMany) {
  DuplicateRule rule = ValidRule();
  rule.keys.clear();
  rule.fields.clear();
  EXPECT_EQ(FieldViolations(ValidateDuplicateRule(rule)).size(), 2);

  rule = ValidRule();
  rule.keys.resize(kMaxBlockingKeys + 1, rule.keys[0]);
  for (size_t i = 0; i < kMaxComparisons; ++i) {
    rule.fields.push_back({.field = "name" + std::to_string(i)});
  }
  EXPECT_EQ(FieldViolations(ValidateDuplicateRule(rule)).size(), 2);
}

}  // namespace
}  // namespace crm::operational

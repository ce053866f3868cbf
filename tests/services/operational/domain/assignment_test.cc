#include "services/operational/domain/assignment.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "services/operational/domain/lead_filter.h"
#include "shared/query/filter.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;
using Trial = v1::AssignmentTrial;

v1::AssignmentRule Rule(const std::string& text) {
  v1::AssignmentRule rule;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      absl::StrCat("name: 'assignmentRules/r' ", text), &rule));
  return rule;
}

Candidate Somebody(const std::string& name, int open_leads = 0,
                   const std::vector<std::string>& skills = {}) {
  Candidate candidate;
  candidate.open_leads = open_leads;
  candidate.user.set_name(name);
  for (const std::string& skill : skills) candidate.user.add_skills(skill);
  return candidate;
}

TEST(Choose, B07_ChoosesByTheStrategyAndSaysWhyNobody) {
  const std::vector<Candidate> all = {Somebody("c", 3, {"de", "fr"}),
                                      Somebody("a", 2, {"de"}),
                                      Somebody("b", 2, {"fr", "de"})};
  const struct {
    const char* rule;
    std::vector<Candidate> candidates;
    const char* last;
    const char* chosen;
    Trial::Outcome outcome;
  } kCases[] = {
      {"strategy: ROUND_ROBIN", all, "", "a", Trial::CHOSE},
      {"strategy: ROUND_ROBIN", all, "a", "b", Trial::CHOSE},
      {"strategy: ROUND_ROBIN", all, "b", "c", Trial::CHOSE},
      {"strategy: ROUND_ROBIN", all, "c", "a", Trial::CHOSE},
      {"strategy: ROUND_ROBIN", all, "bb", "c", Trial::CHOSE},
      {"strategy: ROUND_ROBIN", {}, "a", "", Trial::NOBODY},
      {"strategy: ROUND_ROBIN capacity: 3", all, "b", "a", Trial::CHOSE},
      {"strategy: ROUND_ROBIN capacity: 2", all, "b", "", Trial::ALL_FULL},
      {"strategy: TERRITORY", all, "a", "b", Trial::CHOSE},
      {"strategy: CAPACITY capacity: 9", all, "", "a", Trial::CHOSE},
      {"strategy: CAPACITY capacity: 9", all, "a", "b", Trial::CHOSE},
      {"strategy: CAPACITY capacity: 9", all, "b", "a", Trial::CHOSE},
      {"strategy: CAPACITY capacity: 1", all, "", "", Trial::ALL_FULL},
      {"strategy: SKILL skills: 'de' skills: 'fr'", all, "", "b", Trial::CHOSE},
      {"strategy: SKILL skills: 'de' skills: 'fr'", all, "b", "c",
       Trial::CHOSE},
      {"strategy: SKILL skills: 'de' skills: 'fr' capacity: 3", all, "b", "b",
       Trial::CHOSE},
      {"strategy: SKILL skills: 'de'", all, "c", "a", Trial::CHOSE},
      {"strategy: SKILL skills: 'it'", all, "", "", Trial::NO_SKILL},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(absl::StrCat(c.rule, " after ", c.last));
    const AssignmentChoice choice = Choose(Rule(c.rule), c.candidates, c.last);
    EXPECT_EQ(choice.chosen == nullptr ? "" : choice.chosen->user.name(),
              c.chosen);
    EXPECT_EQ(choice.trial.outcome(), c.outcome);
    EXPECT_EQ(choice.trial.assignment_rule(), "assignmentRules/r");
    EXPECT_EQ(choice.trial.candidate_count(),
              static_cast<int>(c.candidates.size()));
    EXPECT_NE(choice.trial.detail(), "");
  }
}

TEST(PrepareAssignmentRule, AnActiveRuleHasWhatItsStrategyNeeds) {
  const struct {
    const char* text;
    bool complete;
  } kCases[] = {
      {"strategy: ROUND_ROBIN users: 'u'", true},
      {"strategy: ROUND_ROBIN team: 't'", true},
      {"strategy: ROUND_ROBIN", false},
      {"strategy: TERRITORY", true},
      {"strategy: CAPACITY users: 'u' capacity: 1", true},
      {"strategy: CAPACITY users: 'u'", false},
      {"strategy: SKILL users: 'u' skills: 'de'", true},
      {"strategy: SKILL users: 'u'", false},
      {"strategy: SKILL skills: 'de'", false},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.text);
    v1::AssignmentRule rule = Rule(absl::StrCat("state: DRAFT ", c.text));
    EXPECT_THAT(PrepareAssignmentRule(nullptr, rule, {}), IsOk());
    EXPECT_EQ(rule.active_key(), "");

    v1::AssignmentRule active = rule;
    active.set_state(v1::AssignmentRule::ACTIVE);
    const absl::Status status = PrepareAssignmentRule(&rule, active, {});
    if (c.complete) {
      EXPECT_THAT(status, IsOk());
      EXPECT_EQ(active.active_key(), "active");
    } else {
      EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition,
                                   "RULE_INCOMPLETE"));
    }
  }
}

TEST(PrepareAssignmentRule, RefusesAFilterThatFitsNoLead) {
  v1::AssignmentRule rule = Rule("filter: 'customer.segment = \"x\"'");
  EXPECT_THAT(PrepareAssignmentRule(nullptr, rule, {}),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

TEST(SortByRank, BreaksTiesByName) {
  std::vector<v1::AssignmentRule> rules = {Rule("rank: 1"), Rule("rank: 2"),
                                           Rule("rank: 2")};
  rules[0].set_name("c");
  rules[1].set_name("b");
  rules[2].set_name("a");
  SortByRank(rules);
  EXPECT_EQ(rules[0].name(), "c");
  EXPECT_EQ(rules[1].name(), "a");
  EXPECT_EQ(rules[2].name(), "b");
}

TEST(CheckAssignmentRuleCount, BoundsTheActiveOnes) {
  EXPECT_THAT(CheckAssignmentRuleCount(kMaxActiveAssignmentRules - 1), IsOk());
  EXPECT_THAT(CheckAssignmentRuleCount(kMaxActiveAssignmentRules),
              StatusIs(absl::StatusCode::kResourceExhausted, "TOO_MANY_RULES"));
}

TEST(CheckAssignmentRuleDeletable, KeepsWhatLeadsName) {
  EXPECT_THAT(CheckAssignmentRuleDeletable(Rule("state: DRAFT")), IsOk());
  EXPECT_THAT(CheckAssignmentRuleDeletable(Rule("state: RETIRED")),
              StatusIs(absl::StatusCode::kFailedPrecondition, "RULE_IN_USE"));
}

TEST(OpenLeadsOf, MatchesTheOwnersOpenLeadsWhateverHeIsCalled) {
  for (const std::string subject :
       {"user:ada", "a*", "a\"b", "a\\b", "\" OR owner:*"}) {
    SCOPED_TRACE(subject);
    const auto filter =
        Filter::Parse(OpenLeadsOf(subject), v1::Lead::descriptor());
    ASSERT_THAT(filter, IsOk());
    v1::Lead lead;
    lead.set_owner(subject);
    for (const auto state : {v1::Lead::NEW, v1::Lead::ASSIGNED,
                             v1::Lead::WORKING, v1::Lead::QUALIFIED}) {
      lead.set_state(state);
      EXPECT_TRUE(filter->Matches(lead));
      EXPECT_TRUE(IsOpen(lead));
    }
    for (const auto state : {v1::Lead::CONVERTED, v1::Lead::DISQUALIFIED}) {
      lead.set_state(state);
      EXPECT_FALSE(filter->Matches(lead));
      EXPECT_FALSE(IsOpen(lead));
    }
    lead.set_state(v1::Lead::NEW);
    lead.set_owner("user:other");
    EXPECT_FALSE(filter->Matches(lead));
  }
}

}  // namespace
}  // namespace crm::operational

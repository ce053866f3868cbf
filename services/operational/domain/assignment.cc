#include "services/operational/domain/assignment.h"

#include <algorithm>
#include <limits>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/operational/domain/lead_filter.h"
#include "services/operational/domain/scoring_model.h"
#include "shared/base/errors.h"

namespace crm::operational {
namespace {

using Trial = v1::AssignmentTrial;
using Rule = v1::AssignmentRule;
using Pointers = std::vector<const Candidate*>;

// What the strategy of `rule` lacks; empty if nothing.
std::string Lacks(const Rule& rule) {
  std::vector<std::string> lacks;
  if (rule.strategy() != Rule::TERRITORY && rule.users().empty() &&
      rule.team().empty()) {
    lacks.push_back("users or a team");
  }
  if (rule.strategy() == Rule::CAPACITY && rule.capacity() == 0) {
    lacks.push_back("a capacity");
  }
  if (rule.strategy() == Rule::SKILL && rule.skills().empty()) {
    lacks.push_back("skills");
  }
  return absl::StrJoin(lacks, ", ");
}

int SkillsOf(const Candidate& candidate, const Rule& rule) {
  const std::set<std::string> asked(rule.skills().begin(), rule.skills().end());
  const std::set<std::string> has(candidate.user.skills().begin(),
                                  candidate.user.skills().end());
  return static_cast<int>(std::count_if(
      asked.begin(), asked.end(),
      [&](const std::string& skill) { return has.contains(skill); }));
}

// Keeps those of whom `measure` is the greatest, and returns it.
template <typename Measure>
int KeepGreatest(Pointers& candidates, const Measure& measure) {
  int greatest = std::numeric_limits<int>::min();
  for (const Candidate* candidate : candidates) {
    greatest = std::max(greatest, measure(*candidate));
  }
  std::erase_if(candidates, [&](const Candidate* candidate) {
    return measure(*candidate) != greatest;
  });
  return greatest;
}

const Candidate* NextAfter(const Pointers& candidates, absl::string_view last) {
  const Candidate* first = nullptr;
  const Candidate* next = nullptr;
  const auto earlier = [](const Candidate* a, const Candidate* b) {
    return b == nullptr || a->user.name() < b->user.name();
  };
  for (const Candidate* candidate : candidates) {
    if (earlier(candidate, first)) first = candidate;
    if (candidate->user.name() > last && earlier(candidate, next)) {
      next = candidate;
    }
  }
  return next != nullptr ? next : first;
}

}  // namespace

absl::Status PrepareAssignmentRule(const Rule* before, Rule& after,
                                   const RuleContext& context) {
  const bool active = after.state() == Rule::ACTIVE;
  after.set_active_key(active ? std::string(kActiveKey) : std::string());
  if (before == nullptr || before->filter() != after.filter()) {
    std::vector<FieldViolation> violations;
    CheckLeadFilter(after.filter(), "assignment_rule.filter", context,
                    violations);
    if (!violations.empty()) return BadRequest(violations);
  }
  const std::string lacks = active ? Lacks(after) : "";
  if (lacks.empty()) return absl::OkStatus();
  return FailedPrecondition(
      "RULE_INCOMPLETE",
      absl::StrCat("'", after.name(), "' has the strategy ",
                   Rule::Strategy_Name(after.strategy()), ", which needs ",
                   lacks, "."),
      after.name());
}

absl::Status CheckAssignmentRuleDeletable(const Rule& rule) {
  if (rule.state() == Rule::DRAFT) return absl::OkStatus();
  return FailedPrecondition(
      "RULE_IN_USE",
      absl::StrCat("'", rule.name(),
                   "' is no draft any more: leads name it. Retire it."),
      rule.name());
}

absl::Status CheckAssignmentRuleCount(int active) {
  if (active < kMaxActiveAssignmentRules) return absl::OkStatus();
  return ResourceExhausted(
      "TOO_MANY_RULES",
      absl::StrCat("There are ", kMaxActiveAssignmentRules,
                   " active assignment rules, which is the most. Retire one."));
}

void SortByRank(std::vector<Rule>& rules) {
  std::sort(rules.begin(), rules.end(), [](const Rule& a, const Rule& b) {
    return std::forward_as_tuple(a.rank(), a.name()) <
           std::forward_as_tuple(b.rank(), b.name());
  });
}

bool CountsLeads(const Rule& rule) { return rule.capacity() > 0; }

AssignmentChoice Choose(const Rule& rule,
                        const std::vector<Candidate>& candidates,
                        absl::string_view last) {
  AssignmentChoice choice{
      .trial = PassedOver(rule, Trial::NOBODY,
                          "No active user is named by the rule.")};
  choice.trial.set_candidate_count(static_cast<int32_t>(candidates.size()));
  Pointers left;
  for (const Candidate& candidate : candidates) left.push_back(&candidate);
  if (left.empty()) return choice;
  if (rule.capacity() > 0) {
    std::erase_if(left, [&](const Candidate* candidate) {
      return candidate->open_leads >= rule.capacity();
    });
    if (left.empty()) {
      choice.trial.set_outcome(Trial::ALL_FULL);
      choice.trial.set_detail(absl::StrCat("All have ", rule.capacity(),
                                           " open leads, which is the most."));
      return choice;
    }
  }
  std::string why = "It was the turn of ";
  if (rule.strategy() == Rule::SKILL) {
    const int skills = KeepGreatest(left, [&](const Candidate& candidate) {
      return SkillsOf(candidate, rule);
    });
    if (skills == 0) {
      choice.trial.set_outcome(Trial::NO_SKILL);
      choice.trial.set_detail(
          absl::StrCat("Nobody of ", left.size(), " has one of the skills."));
      return choice;
    }
    why = absl::StrCat("Most of the skills, ", skills, ", had ");
  } else if (rule.strategy() == Rule::CAPACITY) {
    const int open = -KeepGreatest(
        left, [](const Candidate& candidate) { return -candidate.open_leads; });
    why = absl::StrCat("The fewest open leads, ", open, ", had ");
  }
  choice.chosen = NextAfter(left, last);
  choice.trial.set_outcome(Trial::CHOSE);
  choice.trial.set_detail(absl::StrCat(why, choice.chosen->user.name(),
                                       ", by turns among ", left.size(), "."));
  return choice;
}

Trial PassedOver(const Rule& rule, Trial::Outcome outcome, std::string detail) {
  Trial trial;
  trial.set_assignment_rule(rule.name());
  trial.set_outcome(outcome);
  trial.set_detail(std::move(detail));
  return trial;
}

}  // namespace crm::operational

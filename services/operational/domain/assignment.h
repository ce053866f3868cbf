// The rules of assignment rules, and whom one chooses for a lead.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_ASSIGNMENT_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_ASSIGNMENT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "crm/operational/v1/assignment_rule.pb.h"
#include "crm/operational/v1/lead_assignment.pb.h"
#include "crm/operational/v1/user.pb.h"
#include "shared/reflect/rule_context.h"

namespace crm::operational {

// The most rules that are active, and the most users that one chooses from.
inline constexpr int kMaxActiveAssignmentRules = 100;
inline constexpr int kMaxCandidates = 200;

// Completes and checks a rule: active ones hold `active_key`.
//
// Returns INVALID_ARGUMENT if its filter does not fit leads, and, for one that
// is or becomes active, FAILED_PRECONDITION (RULE_INCOMPLETE) with what its
// strategy lacks.
absl::Status PrepareAssignmentRule(const v1::AssignmentRule* before,
                                   v1::AssignmentRule& after,
                                   const RuleContext& context);

// Returns FAILED_PRECONDITION (RULE_IN_USE) unless `rule` is a DRAFT.
absl::Status CheckAssignmentRuleDeletable(const v1::AssignmentRule& rule);

// Checks that one more rule may be active, where `active` are. Returns
// RESOURCE_EXHAUSTED (TOO_MANY_RULES).
absl::Status CheckAssignmentRuleCount(int active);

// Puts rules into the order in which they are tried.
void SortByRank(std::vector<v1::AssignmentRule>& rules);

// Whether the open leads of candidates count for `rule`.
bool CountsLeads(const v1::AssignmentRule& rule);

// Somebody who could be chosen.
struct Candidate {
  v1::User user;
  // How many open leads he has, where they count.
  int open_leads = 0;
};

// Whom a rule chooses, and why.
struct AssignmentChoice {
  v1::AssignmentTrial trial;
  // Null if nobody.
  const Candidate* chosen = nullptr;
};

// Returns the choice of `rule` for a lead that it is for. `last` is the name of
// the user whom it chose last: among equals, the next one by name follows,
// after the last one the first.
AssignmentChoice Choose(const v1::AssignmentRule& rule,
                        const std::vector<Candidate>& candidates,
                        absl::string_view last);

// Returns a trial of `rule` that ended before it came to users.
v1::AssignmentTrial PassedOver(const v1::AssignmentRule& rule,
                               v1::AssignmentTrial::Outcome outcome,
                               std::string detail);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_ASSIGNMENT_H_

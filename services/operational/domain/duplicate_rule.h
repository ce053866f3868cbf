// The rules of `duplicateRules/*`: what a tenant may say of duplicates, and
// what such a rule makes of two resources. What is compared how is in
// identity/.
//
// Pure, and so thread-safe.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_DUPLICATE_RULE_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_DUPLICATE_RULE_H_

#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "crm/operational/v1/duplicate_candidate.pb.h"
#include "crm/operational/v1/duplicate_rule.pb.h"
#include "google/protobuf/message.h"
#include "services/operational/domain/identity/duplicate_score.h"
#include "shared/reflect/rule_context.h"

namespace crm::operational {

// How many rules one type may have in use.
inline constexpr int kMaxActiveDuplicateRules = 5;

// Checks a rule. Returns INVALID_ARGUMENT with all that is wrong: a type that
// has no rules, a field that is no text of it or compared twice, weights and
// lengths that do not fit together, a key of what is not compared, a threshold
// that no pair reaches; FAILED_PRECONDITION (RULE_IN_USE) for a change of what
// the index depends on, once the rule is in use.
absl::Status PrepareDuplicateRule(const v1::DuplicateRule* before,
                                  v1::DuplicateRule& after,
                                  const RuleContext& context);

// Returns FAILED_PRECONDITION (RULE_IN_USE) for a rule that is applied.
absl::Status CheckDuplicateRuleDeletable(const v1::DuplicateRule& rule);

// Returns OK if one more rule may be in use beside `active`.
absl::Status CheckDuplicateRuleCount(int active);

// Returns whether rules may be about the type.
bool HasDuplicateRules(absl::string_view resource_type);

// Returns whether the resource stands for somebody: it is neither deleted nor
// merged into another.
bool IsMatchable(const google::protobuf::Message& resource);

// Returns what `rule` compares of a resource of its type, in the form in which
// it is compared.
MatchRecord MatchRecordOf(const v1::DuplicateRule& rule,
                          const google::protobuf::Message& resource);

// Returns the digests of the block keys that a record has.
std::set<std::string> BlocksOf(const v1::DuplicateRule& rule,
                               const MatchRecord& record);

// Returns what `rule` says of two records, which is a match from its threshold
// on.
DuplicateScore ScorePair(const v1::DuplicateRule& rule, const MatchRecord& a,
                         const MatchRecord& b);

// Returns the candidate that `rule` makes of two records, without a name.
v1::DuplicateCandidate CandidateOf(const v1::DuplicateRule& rule,
                                   const MatchRecord& a, const MatchRecord& b,
                                   const DuplicateScore& score);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_DUPLICATE_RULE_H_

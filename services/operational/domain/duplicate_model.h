// What `duplicateRules/*` are to the functions of identity/, and what they
// learn from resources.
//
// Pure, and so thread-safe.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_DUPLICATE_MODEL_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_DUPLICATE_MODEL_H_

#include <cstddef>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crm/operational/v1/duplicate_rule.pb.h"
#include "crm/operational/v1/duplicate_term.pb.h"
#include "services/operational/domain/identity/duplicate_rule.h"

namespace crm::operational {

// How many pairs are compared to learn from them, at most: it takes seconds.
inline constexpr size_t kMaxLearntPairs = 200'000;

// Returns the block keys of a rule, in its order.
std::vector<BlockingKey> KeysOf(const v1::DuplicateRule& rule);

// Returns the rule by which pairs are scored: with the weights that it learnt,
// if it has a model, else with those of its terms.
DuplicateRule MatchRuleOf(const v1::DuplicateRule& rule);

// Returns FAILED_PRECONDITION (RULE_IN_USE) unless the rule is a draft.
absl::Status CheckLearns(const v1::DuplicateRule& rule);

// Returns what the rule learns from `records`, of which those are compared with
// each other that share a key which at most `max_block_size` have. Of records
// that make more than kMaxLearntPairs it takes the first ones. Errors of
// FindCandidatePairs() and EstimateRule().
absl::StatusOr<v1::DuplicateModel> LearnModel(
    const v1::DuplicateRule& rule, std::span<const MatchRecord> records,
    size_t max_block_size);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_DUPLICATE_MODEL_H_

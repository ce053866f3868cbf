// How often pairs of records agree in which fields: all that a rule can learn
// from them. A million pairs have some hundred patterns. Pure.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_AGREEMENT_PATTERN_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_AGREEMENT_PATTERN_H_

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "services/operational/domain/identity/blocking.h"
#include "services/operational/domain/identity/duplicate_rule.h"

namespace crm::operational {

// The agreement of each field of a rule, two bits a field.
using AgreementPattern = uint64_t;
static_assert(2 * kMaxComparisons <= 64);

// How many pairs have a pattern.
using PatternCounts = std::map<AgreementPattern, int64_t>;

// Returns the agreement of the field at place `field` of the rule.
Agreement AgreementAt(AgreementPattern pattern, size_t field);

// Returns the pattern of two records.
AgreementPattern PatternOf(const DuplicateRule& rule, const MatchRecord& a,
                           const MatchRecord& b);

// Counts the patterns of `pairs`, which are places in `records`.
PatternCounts CountPatterns(const DuplicateRule& rule,
                            std::span<const MatchRecord> records,
                            std::span<const RecordPair> pairs);

// Returns pairs of `record_count` records, spread evenly over all there are: at
// most some 20,000, the same ones each time.
std::vector<RecordPair> SamplePairs(size_t record_count);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_AGREEMENT_PATTERN_H_

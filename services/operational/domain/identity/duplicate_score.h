// What a duplicate rule says of two records, and why.
//
// Pure, and so thread-safe.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_DUPLICATE_SCORE_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_DUPLICATE_SCORE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/operational/domain/identity/duplicate_rule.h"

namespace crm::operational {

// What one field contributes.
struct DuplicateReason {
  std::string field;
  Agreement agreement = Agreement::kMissing;
  // From 0 to 1; 0 if a value is missing.
  double similarity = 0;
  // Against what the pair is likelier to be if it is no match.
  double weight = 0;
};

enum class DuplicateVerdict { kMatch, kPossible, kDistinct };

struct DuplicateScore {
  double score = 0;
  // The probability that the two are one, if the rule has a prior.
  std::optional<double> confidence;
  DuplicateVerdict verdict = DuplicateVerdict::kDistinct;
  // One for each field of the rule, in its order.
  std::vector<DuplicateReason> reasons;
};

// Returns how alike two values are, 0 if either is empty.
double Similarity(Comparator comparator, absl::string_view a,
                  absl::string_view b);

// Returns how far the values of two records agree.
Agreement CompareField(const FieldComparison& comparison, absl::string_view a,
                       absl::string_view b);

// Returns the value of `field`, or "".
absl::string_view ValueOf(const MatchRecord& record, absl::string_view field);

// Returns the probability of a match by a prior and a sum of log2(m / u).
double Posterior(double prior, double score);

// Returns the score of which a match is as probable as none.
double EvenScore(double prior);

// Returns the score of a pair with the sums of its weights against strangers
// and against people who share: the logarithm of how much likelier a match is
// than the mixture of both.
double CombineScores(double strangers, double related, double related_share);

// Requires a valid rule. ScoreDuplicate(rule, a, b) equals that of (b, a).
DuplicateScore ScoreDuplicate(const DuplicateRule& rule, const MatchRecord& a,
                              const MatchRecord& b);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_DUPLICATE_SCORE_H_

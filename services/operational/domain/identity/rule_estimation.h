// Learns the weights and thresholds of a duplicate rule from the records
// themselves: nobody has to say which of them are duplicates.
//
// All pairs of records are a mixture of matches, of people who share a
// household (if the rule says what they share; Winkler 1993), and of strangers.
// How often strangers agree is seen in pairs taken at random, nearly all of
// which are such. The other rates and the shares are estimated from the pairs
// within blocks by expectation maximisation, fields taken as independent within
// each kind (Winkler 1988, "Using the EM Algorithm for Weight Computation in
// the Fellegi-Sunter Model of Record Linkage"; Jaro 1989). The thresholds are
// those of Fellegi and Sunter: as low as the share of errors that is allowed
// lets them be, by the model. Pure.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_RULE_ESTIMATION_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_RULE_ESTIMATION_H_

#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "services/operational/domain/identity/blocking.h"
#include "services/operational/domain/identity/duplicate_rule.h"

namespace crm::operational {

// Fewer pairs tell nothing of rates.
inline constexpr size_t kMinPairsToLearnFrom = 50;

struct EstimationOptions {
  // The most that may be wrong among the pairs taken for matches. Fewer than a
  // caller may bear, as a wrong pair of two groups is several wrong ones.
  double max_false_matches = 0.003;
  // The least probability of a possible match.
  double min_possible = 0.05;
  int max_iterations = 1000;
};

// How often the values of a field agree, are close or differ, if both are
// there: among matches (m), and among both kinds of others (u).
struct AgreementRates {
  ByAgreement match = {};
  ByAgreement related = {};
  ByAgreement strangers = {};
};

struct RuleEstimate {
  // The rule with weights, thresholds and prior.
  DuplicateRule rule;
  // By field of the rule.
  std::vector<AgreementRates> rates;
  int iterations = 0;
  // By the model: how much of what is taken is right, and how much of the
  // matches among the pairs is taken.
  double expected_precision = 0;
  double expected_recall = 0;
};

// Returns `rule` with what was learnt from `pairs` of `records`.
//
// Returns INVALID_ARGUMENT if rule or options are not; FAILED_PRECONDITION with
// reason TOO_FEW_PAIRS if there are less than kMinPairsToLearnFrom, and
// ESTIMATE_NOT_CONVERGED if the rates still changed at the last iteration.
absl::StatusOr<RuleEstimate> EstimateRule(
    DuplicateRule rule, std::span<const MatchRecord> records,
    std::span<const RecordPair> pairs, const EstimationOptions& options = {});

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_RULE_ESTIMATION_H_

// Recency, frequency and monetary value: how recently, how often and for how
// much each customer bought, each scored from 1 to 5, where 5 is best.
//
// The rule is that of the R package `rfm`. A measure's scores change at its
// quantiles 1/5 to 4/5 (type 7, interpolated between neighbours) plus 1, where
// a value that reaches a threshold is above it. For whole numbers that means:
// who is not above a quantile is in the lower fifth. Customers with equal
// values have equal scores, so the fifths need not be of equal size. For
// recency low is best.
//
//   100, 200, 300, 400, 500 orders  ->  thresholds 181, 261, 341, 421
//                                   ->  scores 1, 2, 3, 4, 5
//
// All arithmetic is on whole numbers: quantiles are held in fifths of a unit.
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_RFM_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_RFM_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/time/time.h"
#include "services/analytical/domain/customer_totals.h"

namespace crm::analytical {

// The lowest and the highest score.
inline constexpr int kWorstScore = 1;
inline constexpr int kBestScore = 5;

// Where the scores of one measure change, growing.
using ScoreThresholds = std::array<absl::int128, kBestScore - kWorstScore>;

// Returns the thresholds of `values`, which are not empty, in fifths of their
// unit; `one` is how the measure writes 1 (10^9 for money in nanos).
ScoreThresholds FindThresholds(std::vector<absl::int128> values,
                               absl::int128 one);

// Returns how many of the thresholds `value` reaches, from 0 to 4.
int CountReached(const ScoreThresholds& thresholds, absl::int128 value);

// Where the scores of each measure change.
struct RfmThresholds {
  ScoreThresholds recency = {};
  ScoreThresholds frequency = {};
  ScoreThresholds monetary = {};

  friend bool operator==(const RfmThresholds&, const RfmThresholds&) = default;
};

// The measures and scores of one customer.
struct CustomerScore {
  std::string customer = {};
  // Whole days from the last order to the instant of the analysis.
  int64_t recency_days = 0;
  // How many orders count, the first one included.
  int64_t frequency = 0;
  // What they brought, in nanos.
  absl::int128 monetary = 0;
  int recency_score = 0;
  int frequency_score = 0;
  int monetary_score = 0;

  friend bool operator==(const CustomerScore&, const CustomerScore&) = default;
};

// The scores of all customers that have an order.
struct RfmAnalysis {
  RfmThresholds thresholds;
  // By customer.
  std::vector<CustomerScore> scores;

  friend bool operator==(const RfmAnalysis&, const RfmAnalysis&) = default;
};

// Scores the customers as of `as_of`, which no order is later than. Without
// customers the analysis is empty.
RfmAnalysis ScoreRfm(const std::vector<CustomerTotals>& totals,
                     absl::Time as_of);

// Returns the three scores in the order recency, frequency, monetary value.
// Example: 5, 4, 3 -> 543
std::string RfmCell(const CustomerScore& score);

// Returns the frequency that models of customer lifetime value take: the days
// on which the customer bought again, so neither the first purchase counts nor
// a second one on the same day. RFM counts every order.
int64_t RepeatFrequency(const CustomerTotals& totals);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_RFM_H_

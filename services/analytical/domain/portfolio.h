// How far the revenue hangs on few customers: the share of the top, the Gini
// coefficient, and how many customers bring most of it.
//
// Sums and ranks are computed on whole nanos, so the result does not depend on
// the order of the customers. Everything here is a pure function of its
// arguments.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_PORTFOLIO_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_PORTFOLIO_H_

#include <cstdint>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "crm/analytical/v1/portfolio_analysis.pb.h"
#include "services/analytical/domain/customer_totals.h"

namespace crm::analytical {

// The top if a request names no other: 20 %.
inline constexpr int32_t kDefaultTopMillionths = 200'000;

struct Concentration {
  // The customers that count: those whose total is not negative, as a negative
  // one would make the shares of the others sum to more than all.
  int64_t customer_count = 0;
  // The customers that were left out for a negative total.
  int64_t negative_customer_count = 0;
  int64_t top_customer_count = 0;
  // In nanos.
  absl::int128 total_revenue = 0;
  absl::int128 top_revenue = 0;
  // From 0 to 1; 0 without revenue.
  double top_share = 0;
  double gini = 0;
  int64_t customers_for_80_percent = 0;

  friend bool operator==(const Concentration&, const Concentration&) = default;
};

// Measures how concentrated the revenue of `totals` is. The top are the first
// ceil(top_millionths / 10^6 x n) of the n customers, from the greatest revenue
// down, by name where it is equal; 80 % is reached at the first rank whose
// cumulative revenue is not less.
Concentration MeasureConcentration(const std::vector<CustomerTotals>& totals,
                                   int32_t top_millionths);

// Writes the measures of `concentration` into `analysis`. Returns OUT_OF_RANGE
// (AMOUNT_OUT_OF_RANGE) if an amount does not fit a Money.
absl::Status FillConcentration(const Concentration& concentration,
                               absl::string_view currency,
                               v1::PortfolioAnalysis& analysis);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_PORTFOLIO_H_

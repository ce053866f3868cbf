// Analyses of the warehouse: each reads what its rule needs from one state of
// the warehouse, until its deadline, and applies the rule.

#ifndef CRM_SERVICES_ANALYTICAL_PROJECTIONS_ANALYSES_H_
#define CRM_SERVICES_ANALYTICAL_PROJECTIONS_ANALYSES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "crm/analytical/v1/freshness.pb.h"
#include "crm/analytical/v1/portfolio_analysis.pb.h"
#include "services/analytical/domain/clv/purchase_history.h"
#include "services/analytical/domain/rfm.h"
#include "services/analytical/projections/order_facts.h"
#include "services/analytical/projections/warehouse.h"

namespace crm::analytical {

// Which orders an analysis of customers counts.
struct RfmQuestion {
  std::string tenant;
  // The currency; if it is empty, the only one there is.
  std::string currency = {};
  // Where recency counts from, and after which no order counts; the newest
  // order if it is unset.
  std::optional<absl::Time> as_of = std::nullopt;
};

struct RfmAnswer {
  std::string currency = {};
  absl::Time as_of;
  RfmAnalysis analysis;
  v1::Freshness freshness;
};

// Scores the customers. Without orders the analysis is empty.
//
// Returns INVALID_ARGUMENT (MIXED_CURRENCIES) if there are several currencies
// and none is given, and the errors of the warehouse.
absl::StatusOr<RfmAnswer> AnalyzeRfm(Warehouse& warehouse,
                                     const RfmQuestion& question,
                                     absl::Time now, absl::Time deadline);

// What the scores slices of a tenant are made of: the scores in the currency of
// most orders, and how far the events of each customer have been applied.
struct CustomerScores {
  RfmAnswer rfm;
  // By customer, those without scores too.
  std::vector<AppliedKey> applied;
};

// Scores the customers as of the newest order. Returns the errors of the
// warehouse.
absl::StatusOr<CustomerScores> ScoreCustomers(Warehouse& warehouse,
                                              const std::string& tenant,
                                              absl::Time now,
                                              absl::Time deadline);

// What customers bought, for models of customer lifetime value.
struct HistoriesAnswer {
  std::string currency = {};
  absl::Time as_of;
  // By customer; none without orders.
  std::vector<PurchaseHistory> histories;
  v1::Freshness freshness;
};

// Reads it. Errors as AnalyzeRfm().
absl::StatusOr<HistoriesAnswer> ReadHistories(Warehouse& warehouse,
                                              const RfmQuestion& question,
                                              absl::Time now,
                                              absl::Time deadline);

// Fills in what `analysis` says of its orders: those that its top fraction,
// times and currency ask for.
//
// Returns INVALID_ARGUMENT for times that do not grow, MIXED_CURRENCIES as
// above, OUT_OF_RANGE for a sum that no Money holds, and the errors of the
// warehouse.
absl::Status AnalyzePortfolio(Warehouse& warehouse, const std::string& tenant,
                              absl::Time now, absl::Time deadline,
                              v1::PortfolioAnalysis& analysis);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_PROJECTIONS_ANALYSES_H_

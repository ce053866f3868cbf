// Measures the metrics of the catalogue over the warehouse's orders.

#ifndef CRM_SERVICES_ANALYTICAL_PROJECTIONS_METRIC_FACTS_H_
#define CRM_SERVICES_ANALYTICAL_PROJECTIONS_METRIC_FACTS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "crm/analytical/v1/metric.pb.h"
#include "services/analytical/domain/declared/metric.h"
#include "shared/storage/database.h"

namespace crm::analytical {

// Whose orders are asked for: those that count (order_facts.h).
struct MetricScope {
  std::string tenant;
  // All customers if it is empty.
  std::vector<std::string> customers = {};
};

// Returns what `metric` comes to in `window`; in an empty window it has no
// value. Errors as ValueOf(), and those of a statement.
absl::StatusOr<v1::MetricValue> MeasureMetric(SqlReader& reader,
                                              const MetricScope& scope,
                                              const v1::Metric& metric,
                                              const MetricWindow& window);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_PROJECTIONS_METRIC_FACTS_H_

// Measures the metrics of frameworks in the warehouse. The engine counts and
// sums up, exactly; what is divided is kept as a quotient.

#ifndef CRM_SERVICES_ANALYTICAL_PROJECTIONS_MEASUREMENTS_H_
#define CRM_SERVICES_ANALYTICAL_PROJECTIONS_MEASUREMENTS_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/analytical/domain/frameworks/scorecard.h"
#include "shared/storage/database.h"

namespace crm::analytical {

// What happened after `start` and up to `end` counts, and what there is at
// `end`.
struct MeasureQuestion {
  std::string tenant;
  // The customers in this segment alone; all if it is empty.
  std::string segment = {};
  absl::Time start;
  absl::Time end;
};

// Returns how many customers there are. Returns the errors of a statement.
absl::StatusOr<int64_t> CountCustomers(SqlReader& reader,
                                       const MeasureQuestion& question);

// Returns the metrics that come from events, as far as there are such events
// of the tenant. Returns the errors of a statement.
absl::StatusOr<Measurements> ReadMeasurements(SqlReader& reader,
                                              const MeasureQuestion& question);

// Returns what the whole months of the question had: of kMetricContacted how
// many activities were completed, of kMetricWon how many opportunities were
// won, of kMetricRepeat how many orders count, of kMetricExperience the mean
// answer where there was one. Errors likewise.
absl::StatusOr<Series> ReadSeries(SqlReader& reader,
                                  const MeasureQuestion& question);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_PROJECTIONS_MEASUREMENTS_H_

// The metrics that come from declared resources and what events tell of them:
// objectives, promises and the networks of customers.

#ifndef CRM_SERVICES_ANALYTICAL_HANDLERS_STRATEGIC_MEASUREMENTS_H_
#define CRM_SERVICES_ANALYTICAL_HANDLERS_STRATEGIC_MEASUREMENTS_H_

#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crm/analytical/v1/proposition.pb.h"
#include "crm/analytical/v1/strategy.pb.h"
#include "services/analytical/domain/frameworks/framework.h"
#include "services/analytical/domain/frameworks/scorecard.h"
#include "services/analytical/projections/measurements.h"
#include "shared/resource/read_view.h"
#include "shared/storage/database.h"

namespace crm::analytical {

// What was declared by an instant, of which events are to tell.
struct StrategicFacts {
  std::vector<v1::Strategy> strategies;
  std::vector<v1::Proposition> propositions;
  // Whether there is any link, those that held, and the parties of these.
  bool has_links = false;
  std::vector<std::string> links;
  std::set<std::string> linked_parties;
};

// Returns what the framework asks for, of the rows that the caller may read.
// Returns PERMISSION_DENIED (FIELD_HIDDEN) if its roles hide what is measured,
// and the errors of ScanRows().
absl::StatusOr<StrategicFacts> ReadStrategicFacts(
    const ReadView& view, const CallContext& call,
    const FrameworkData& framework, absl::Time end);

// Adds those of the framework's metrics that there are such resources for. An
// objective counts once there is anything to tell by, and so does a promise.
// Returns the errors of MeasureMetric() and of a statement.
absl::Status AddStrategicMeasurements(SqlReader& warehouse,
                                      const StrategicFacts& facts,
                                      const FrameworkData& framework,
                                      const MeasureQuestion& question,
                                      Measurements& measurements);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_HANDLERS_STRATEGIC_MEASUREMENTS_H_

// The metrics that come from what was declared: external factors, changes and
// the enabling of people.

#ifndef CRM_SERVICES_ANALYTICAL_HANDLERS_DECLARED_MEASUREMENTS_H_
#define CRM_SERVICES_ANALYTICAL_HANDLERS_DECLARED_MEASUREMENTS_H_

#include "absl/status/status.h"
#include "services/analytical/domain/frameworks/scorecard.h"
#include "services/analytical/handlers/own_measurements.h"
#include "shared/resource/read_view.h"

namespace crm::analytical {

// Adds those of the framework's metrics that there are such resources for, of
// the rows that the caller may read: what was declared by the end of the
// question. Errors as AddOwnMeasurements().
absl::Status AddDeclaredMeasurements(const ReadView& view,
                                     const CallContext& call,
                                     const OwnQuestion& question,
                                     Measurements& measurements);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_HANDLERS_DECLARED_MEASUREMENTS_H_

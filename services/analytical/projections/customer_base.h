// What the warehouse tells of those who order: cohorts, months, and the two
// periods that a retention is told from. Every function returns the errors of a
// statement.

#ifndef CRM_SERVICES_ANALYTICAL_PROJECTIONS_CUSTOMER_BASE_H_
#define CRM_SERVICES_ANALYTICAL_PROJECTIONS_CUSTOMER_BASE_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crm/analytical/v1/customer_base.pb.h"
#include "services/analytical/domain/frameworks/retention_effect.h"
#include "services/analytical/projections/measurements.h"
#include "shared/storage/database.h"

namespace crm::analytical {

// Fills in the counts, the cohorts and the months of the question, by orders in
// the currency of `base`.
absl::Status FillCustomerBase(SqlReader& reader,
                              const MeasureQuestion& question,
                              v1::CustomerBase& base);

// Returns what the period of the question, and the one of the same length
// before it, had in `currency`.
absl::StatusOr<RetentionFacts> ReadRetentionFacts(
    SqlReader& reader, const MeasureQuestion& question,
    absl::string_view currency);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_PROJECTIONS_CUSTOMER_BASE_H_

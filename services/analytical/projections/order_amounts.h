// Orders one by one, with what they brought.

#ifndef CRM_SERVICES_ANALYTICAL_PROJECTIONS_ORDER_AMOUNTS_H_
#define CRM_SERVICES_ANALYTICAL_PROJECTIONS_ORDER_AMOUNTS_H_

#include <cstdint>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "services/analytical/domain/treatment/treatment_outcomes.h"
#include "services/analytical/projections/order_facts.h"
#include "shared/storage/database.h"

namespace crm::analytical {

// Calls `visit` with each of the selected orders, by name. Returns
// RESOURCE_EXHAUSTED (TOO_MANY_ROWS) for more than `most`, and the errors of a
// statement.
absl::Status VisitOrderAmounts(
    SqlReader& reader, const OrderSelection& selection, int64_t most,
    absl::FunctionRef<void(const OutcomeOrder&)> visit);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_PROJECTIONS_ORDER_AMOUNTS_H_

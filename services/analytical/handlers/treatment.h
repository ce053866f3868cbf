// Treatments: the choice for a customer, and what came of it.

#ifndef CRM_SERVICES_ANALYTICAL_HANDLERS_TREATMENT_H_
#define CRM_SERVICES_ANALYTICAL_HANDLERS_TREATMENT_H_

#include "absl/status/statusor.h"
#include "crm/analytical/v1/treatment_assignment.pb.h"
#include "services/analytical/handlers/analytics.h"
#include "services/analytical/projections/customer_facts.h"
#include "shared/call/call.h"
#include "shared/resource/read_view.h"
#include "shared/resource/transaction.h"

namespace crm::analytical {

// Finds what the warehouse knows of the customer. Returns NOT_FOUND.
absl::StatusOr<CustomerFact> PrepareTreatmentChoice(
    Analytics& analytics, const CallContext& call,
    const v1::ChooseTreatmentRequest& request);

// Serves TreatmentAssignmentService.ChooseTreatment for `customer`. Two calls
// at once for one customer and day leave one assignment: the later one is
// refused by the unique `customer_day`, or finds it.
absl::StatusOr<v1::TreatmentAssignment> HandleChooseTreatment(
    const CustomerFact& customer, Transaction& transaction,
    const CallContext& call, const v1::ChooseTreatmentRequest& request);

// Serves TreatmentAssignmentService.MeasureTreatments.
absl::StatusOr<v1::MeasureTreatmentsResponse> HandleMeasureTreatments(
    Analytics& analytics, const ReadView& view, const CallContext& call,
    const v1::MeasureTreatmentsRequest& request);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_HANDLERS_TREATMENT_H_

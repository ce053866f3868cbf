// The verbs of lifecycle journeys: each takes one step of a run.

#ifndef CRM_SERVICES_ANALYTICAL_HANDLERS_LIFECYCLE_JOURNEY_H_
#define CRM_SERVICES_ANALYTICAL_HANDLERS_LIFECYCLE_JOURNEY_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crm/analytical/v1/lifecycle_journey.pb.h"
#include "shared/resource/catalog.h"
#include "shared/resource/transaction.h"

namespace crm::analytical {

// Numbers a new run of a customer.
absl::Status SettleLifecycleJourney(Transaction& transaction,
                                    const v1::LifecycleJourney* before,
                                    v1::LifecycleJourney& after,
                                    const Settlement& settlement);

// Each serves the method of its request. Errors as MoveJourney() in
// domain/lifecycle/journey.h, and those of Transaction::GetLive().
absl::StatusOr<v1::LifecycleJourney> HandleActivateLifecycleJourney(
    Transaction& transaction, const CallContext& call,
    const v1::ActivateLifecycleJourneyRequest& request);
absl::StatusOr<v1::LifecycleJourney> HandleAdvanceLifecycleJourney(
    Transaction& transaction, const CallContext& call,
    const v1::AdvanceLifecycleJourneyRequest& request);
absl::StatusOr<v1::LifecycleJourney> HandleTerminateLifecycleJourney(
    Transaction& transaction, const CallContext& call,
    const v1::TerminateLifecycleJourneyRequest& request);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_HANDLERS_LIFECYCLE_JOURNEY_H_

#include "services/analytical/handlers/lifecycle_journey.h"

#include <vector>

#include "services/analytical/domain/lifecycle/journey.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {
namespace {

using v1::LifecycleJourney;

template <typename Request>
absl::StatusOr<LifecycleJourney> Move(Transaction& transaction,
                                      const Request& request,
                                      const LifecycleMove& move) {
  CRM_ASSIGN_OR_RETURN(
      LifecycleJourney journey,
      transaction.GetLive<LifecycleJourney>(request.name(), request.etag()));
  CRM_ASSIGN_OR_RETURN(const std::vector<LifecycleJourney> journeys,
                       transaction.view().Select<LifecycleJourney>(
                           "customer", journey.customer()));
  CRM_RETURN_IF_ERROR(MoveJourney(journeys, move, journey));
  transaction.Update(journey);
  return journey;
}

}  // namespace

absl::Status SettleLifecycleJourney(Transaction& transaction,
                                    const LifecycleJourney* before,
                                    LifecycleJourney& after,
                                    const Settlement& /*settlement*/) {
  if (before != nullptr) return absl::OkStatus();
  CRM_ASSIGN_OR_RETURN(const std::vector<LifecycleJourney> earlier,
                       transaction.view().Select<LifecycleJourney>(
                           "customer", after.customer()));
  after.set_run(NextRun(earlier));
  return absl::OkStatus();
}

absl::StatusOr<LifecycleJourney> HandleActivateLifecycleJourney(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::ActivateLifecycleJourneyRequest& request) {
  return Move(transaction, request,
              {.to = v1::Lifecycle::ACTIVATED,
               .first_contact_activity = request.first_contact_activity(),
               .time = transaction.now()});
}

absl::StatusOr<LifecycleJourney> HandleAdvanceLifecycleJourney(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::AdvanceLifecycleJourneyRequest& request) {
  return Move(transaction, request,
              {.to = request.to_stage(),
               .outcome = request.outcome(),
               .time = transaction.now()});
}

absl::StatusOr<LifecycleJourney> HandleTerminateLifecycleJourney(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::TerminateLifecycleJourneyRequest& request) {
  return Move(transaction, request,
              {.to = v1::Lifecycle::TERMINATED,
               .outcome = request.outcome(),
               .time = transaction.now()});
}

}  // namespace crm::analytical

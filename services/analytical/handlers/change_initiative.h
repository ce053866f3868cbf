// Custom methods of change initiatives.

#ifndef CRM_SERVICES_ANALYTICAL_HANDLERS_CHANGE_INITIATIVE_H_
#define CRM_SERVICES_ANALYTICAL_HANDLERS_CHANGE_INITIATIVE_H_

#include "absl/status/statusor.h"
#include "crm/analytical/v1/change_initiative.pb.h"
#include "shared/resource/read_view.h"

namespace crm::analytical {

// Measures how far the target users have taken to the change, by usage_days.h.
// Beside the errors of Get(): INVALID_ARGUMENT for a day to come, or before the
// start.
absl::StatusOr<v1::MeasureAdoptionResponse> HandleMeasureAdoption(
    const ReadView& view, const CallContext& call,
    const v1::MeasureAdoptionRequest& request);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_HANDLERS_CHANGE_INITIATIVE_H_

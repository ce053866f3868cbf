// Predicts the conversion of a lead from the leads that a caller may read.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_LEAD_PREDICTION_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_LEAD_PREDICTION_H_

#include "absl/status/statusor.h"
#include "crm/operational/v1/lead.pb.h"
#include "crm/operational/v1/lead_score.pb.h"
#include "shared/call/call.h"
#include "shared/resource/read_view.h"

namespace crm::operational {

// Returns the chance that `lead` is converted. Fields that are hidden from the
// caller are left out; if the state of leads is, PERMISSION_DENIED
// (FIELD_HIDDEN). Returns RESOURCE_EXHAUSTED (TOO_MANY_ROWS) beyond 200,000
// leads that have ended.
absl::StatusOr<v1::LeadPrediction> PredictConversion(const ReadView& view,
                                                     const CallContext& call,
                                                     const v1::Lead& lead);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_LEAD_PREDICTION_H_

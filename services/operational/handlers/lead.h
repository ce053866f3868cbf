// The custom methods of leads.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_LEAD_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_LEAD_H_

#include "absl/status/statusor.h"
#include "crm/operational/v1/lead.pb.h"
#include "shared/resource/transaction.h"

namespace crm::operational {

// Completes a lead that is about to be stored: its owner, if it is new, and its
// score.
absl::Status SettleLead(Transaction& transaction, const v1::Lead* before,
                        v1::Lead& after, const Settlement& settlement);

// Each serves the method of its request; see the proto for what it returns.
absl::StatusOr<v1::ConvertLeadResponse> HandleConvertLead(
    Transaction& transaction, const CallContext& call,
    const v1::ConvertLeadRequest& request);

absl::StatusOr<v1::Lead> HandleUndoLeadConversion(
    Transaction& transaction, const CallContext& call,
    const v1::UndoLeadConversionRequest& request);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_LEAD_H_

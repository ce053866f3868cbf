// The custom methods of leads.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_LEAD_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_LEAD_H_

#include "absl/status/statusor.h"
#include "crm/operational/v1/lead.pb.h"
#include "shared/resource/transaction.h"

namespace crm::operational {

// Serves LeadService.ConvertLead.
absl::StatusOr<v1::ConvertLeadResponse> HandleConvertLead(
    Transaction& transaction, const CallContext& call,
    const v1::ConvertLeadRequest& request);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_LEAD_H_

// The methods of OpportunityService that the kernel does not serve.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_OPPORTUNITY_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_OPPORTUNITY_H_

#include "absl/status/statusor.h"
#include "crm/operational/v1/opportunity.pb.h"
#include "shared/resource/read_view.h"
#include "shared/resource/transaction.h"

namespace crm::operational {

// Each serves the method of its request; see the proto for what it returns.
absl::StatusOr<v1::Opportunity> HandleWinOpportunity(
    Transaction& transaction, const CallContext& call,
    const v1::WinOpportunityRequest& request);

absl::StatusOr<v1::Opportunity> HandleLoseOpportunity(
    Transaction& transaction, const CallContext& call,
    const v1::LoseOpportunityRequest& request);

// In handlers/forecast.cc.
absl::StatusOr<v1::ForecastOpportunitiesResponse> HandleForecastOpportunities(
    const ReadView& view, const CallContext& call,
    const v1::ForecastOpportunitiesRequest& request);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_OPPORTUNITY_H_

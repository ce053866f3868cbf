#include "services/operational/handlers/opportunity.h"

#include "services/operational/domain/opportunity.h"
#include "shared/base/status_macros.h"

namespace crm::operational {
namespace {

template <typename Request>
absl::StatusOr<v1::Opportunity> Close(Transaction& transaction,
                                      const Request& request) {
  CRM_ASSIGN_OR_RETURN(v1::Opportunity opportunity,
                       transaction.Move<v1::Opportunity>(request));
  CRM_RETURN_IF_ERROR(
      CloseOn(request.has_close_date() ? &request.close_date() : nullptr,
              transaction.now(), opportunity));
  transaction.Update(opportunity);
  return opportunity;
}

}  // namespace

absl::StatusOr<v1::Opportunity> HandleWinOpportunity(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::WinOpportunityRequest& request) {
  return Close(transaction, request);
}

absl::StatusOr<v1::Opportunity> HandleLoseOpportunity(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::LoseOpportunityRequest& request) {
  return Close(transaction, request);
}

}  // namespace crm::operational

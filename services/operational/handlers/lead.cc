// The rules are in domain/lead.h; this file reads what they need and writes
// what they return. The kernel runs each handler inside one transaction and
// commits the changes, their events and the remembered answer together; it may
// run a handler twice.

#include "services/operational/handlers/lead.h"

#include <utility>

#include "services/operational/domain/lead.h"

namespace crm::operational {
namespace {

// Gives the planned records their names, and points each at the others.
void AssignNames(Transaction& transaction, LeadConversion& plan) {
  plan.account.set_name(transaction.NewName<v1::Account>());
  plan.contact.set_name(transaction.NewName<v1::Contact>());
  plan.contact.set_account(plan.account.name());
  plan.lead.set_converted_account(plan.account.name());
  plan.lead.set_converted_contact(plan.contact.name());
  if (plan.opportunity.has_value()) {
    plan.opportunity->set_name(transaction.NewName<v1::Opportunity>());
    plan.opportunity->set_account(plan.account.name());
    plan.opportunity->set_contact(plan.contact.name());
    plan.lead.set_converted_opportunity(plan.opportunity->name());
  }
}

}  // namespace

absl::StatusOr<v1::ConvertLeadResponse> HandleConvertLead(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::ConvertLeadRequest& request) {
  CRM_ASSIGN_OR_RETURN(const v1::Lead lead,
                       transaction.Move<v1::Lead>(request));
  LeadConversion plan =
      PlanLeadConversion(lead, request.opportunity_display_name());
  AssignNames(transaction, plan);

  transaction.Create(plan.account);
  transaction.Create(plan.contact);
  if (plan.opportunity.has_value()) transaction.Create(*plan.opportunity);
  transaction.Update(plan.lead);

  v1::ConvertLeadResponse response;
  response.set_account(plan.account.name());
  response.set_contact(plan.contact.name());
  if (plan.opportunity.has_value()) {
    response.set_opportunity(plan.opportunity->name());
  }
  *response.mutable_lead() = std::move(plan.lead);
  return response;
}

}  // namespace crm::operational

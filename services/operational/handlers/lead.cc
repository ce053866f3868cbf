// The rules are in domain/lead.h; this file reads what they need and writes
// what they return. The kernel runs each handler inside one transaction and
// commits the changes, their events and the remembered answer together; it may
// run a handler twice.

#include "services/operational/handlers/lead.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/account.pb.h"
#include "crm/operational/v1/account_contact.pb.h"
#include "crm/operational/v1/contact.pb.h"
#include "crm/operational/v1/opportunity.pb.h"
#include "crm/operational/v1/order.pb.h"
#include "crm/operational/v1/quote.pb.h"
#include "crm/operational/v1/subscription.pb.h"
#include "services/operational/domain/lead.h"
#include "services/operational/handlers/lead_assignment.h"
#include "services/operational/handlers/lead_score.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

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

absl::Status ConversionUsed(const v1::Lead& lead, absl::string_view record) {
  return FailedPrecondition(
      "CONVERSION_USED",
      absl::StrCat("'", lead.name(), "' stays converted: '", record,
                   "' was changed or is referred to since."),
      lead.name());
}

// Returns OK if the only `T` of `field` `name` is `own`.
template <typename T>
absl::Status CheckAlone(const Transaction& transaction, const v1::Lead& lead,
                        absl::string_view field, const std::string& name,
                        const std::string& own) {
  if (name.empty()) return absl::OkStatus();
  CRM_ASSIGN_OR_RETURN(const std::vector<T> found,
                       transaction.view().Select<T>(field, name));
  for (const T& other : found) {
    if (other.name() != own) return ConversionUsed(lead, name);
  }
  return absl::OkStatus();
}

// Deletes what a conversion made, if nothing has happened to it.
template <typename T>
absl::Status DeleteUnchanged(Transaction& transaction, const v1::Lead& lead,
                             const std::string& name) {
  if (name.empty()) return absl::OkStatus();
  auto record = transaction.view().GetLive<T>(name);
  if (absl::IsNotFound(record.status())) return ConversionUsed(lead, name);
  CRM_RETURN_IF_ERROR(record.status());
  if (!IsAsConverted(*record)) return ConversionUsed(lead, name);
  transaction.Delete(*record);
  return absl::OkStatus();
}

}  // namespace

absl::Status SettleLead(Transaction& transaction, const v1::Lead* /*before*/,
                        v1::Lead& after, const Settlement& settlement) {
  CRM_RETURN_IF_ERROR(SettleOwner(transaction, after, settlement));
  return SettleScore(transaction, after);
}

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

absl::StatusOr<v1::Lead> HandleUndoLeadConversion(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::UndoLeadConversionRequest& request) {
  CRM_ASSIGN_OR_RETURN(v1::Lead lead, transaction.Move<v1::Lead>(request));
  const std::string& account = lead.converted_account();
  const std::string& contact = lead.converted_contact();
  const std::string& opportunity = lead.converted_opportunity();
  for (const absl::Status& alone :
       {CheckAlone<v1::Contact>(transaction, lead, "account", account, contact),
        CheckAlone<v1::Opportunity>(transaction, lead, "account", account,
                                    opportunity),
        CheckAlone<v1::Opportunity>(transaction, lead, "contact", contact,
                                    opportunity),
        CheckAlone<v1::Order>(transaction, lead, "account", account, ""),
        CheckAlone<v1::Quote>(transaction, lead, "account", account, ""),
        CheckAlone<v1::Quote>(transaction, lead, "opportunity", opportunity,
                              ""),
        CheckAlone<v1::Account>(transaction, lead, "parent_account", account,
                                ""),
        CheckAlone<v1::Subscription>(transaction, lead, "account", account, ""),
        CheckAlone<v1::AccountContact>(transaction, lead, "account", account,
                                       ""),
        CheckAlone<v1::AccountContact>(transaction, lead, "contact", contact,
                                       "")}) {
    CRM_RETURN_IF_ERROR(alone);
  }
  CRM_RETURN_IF_ERROR(
      DeleteUnchanged<v1::Opportunity>(transaction, lead, opportunity));
  CRM_RETURN_IF_ERROR(DeleteUnchanged<v1::Contact>(transaction, lead, contact));
  CRM_RETURN_IF_ERROR(DeleteUnchanged<v1::Account>(transaction, lead, account));
  lead.clear_converted_account();
  lead.clear_converted_contact();
  lead.clear_converted_opportunity();
  lead.clear_convert_time();
  transaction.Update(lead);
  return lead;
}

}  // namespace crm::operational

#include "services/operational/domain/lead.h"

#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"

namespace crm::operational {

absl::Status PrepareLead(const v1::Lead* before, v1::Lead& after,
                         const RuleContext& /*context*/) {
  after.set_email(absl::AsciiStrToLower(after.email()));
  if (before != nullptr && before->state() == v1::Lead::DISQUALIFIED &&
      after.state() == v1::Lead::NEW) {
    after.set_recycle_count(before->recycle_count() + 1);
    after.clear_disqualify_reason();
    after.clear_disqualify_time();
    after.clear_qualify_time();
    after.clear_work_time();
  }
  return absl::OkStatus();
}

LeadConversion PlanLeadConversion(const v1::Lead& lead,
                                  absl::string_view opportunity_name) {
  LeadConversion plan;
  plan.lead = lead;
  // A lead without a company is a private person, who is their own account.
  plan.account.set_display_name(lead.company().empty() ? lead.display_name()
                                                       : lead.company());
  plan.account.set_customer(lead.customer());
  plan.account.set_owner(lead.owner());
  plan.contact.set_display_name(lead.display_name());
  plan.contact.set_customer(lead.customer());
  plan.contact.set_owner(lead.owner());
  plan.contact.set_email(lead.email());
  plan.contact.set_phone(lead.phone());
  if (!opportunity_name.empty()) {
    v1::Opportunity& opportunity = plan.opportunity.emplace();
    opportunity.set_display_name(std::string(opportunity_name));
    opportunity.set_customer(lead.customer());
    opportunity.set_owner(lead.owner());
  }
  return plan;
}

}  // namespace crm::operational

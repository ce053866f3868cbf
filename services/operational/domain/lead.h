// The rules of a lead's life: giving up and taking up again, converting and
// taking that back.
//
// Everything here is a pure function of its arguments. Callers read the inputs,
// apply a rule, and persist what it returns.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_LEAD_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_LEAD_H_

#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crm/operational/v1/account.pb.h"
#include "crm/operational/v1/contact.pb.h"
#include "crm/operational/v1/lead.pb.h"
#include "crm/operational/v1/opportunity.pb.h"
#include "shared/reflect/rule_context.h"

namespace crm::operational {

// Completes a lead before it is stored: its e-mail address is in lower case;
// one that is taken up again has not been given up or qualified.
absl::Status PrepareLead(const v1::Lead* before, v1::Lead& after,
                         const RuleContext& context);

// The records that result from converting one lead. They carry no names yet;
// references between them are set by whoever assigns the names.
struct LeadConversion {
  v1::Lead lead;
  v1::Account account;
  v1::Contact contact;
  std::optional<v1::Opportunity> opportunity;
};

// Plans what the conversion of `lead`, which is CONVERTED already, makes; an
// opportunity called `opportunity_name` too, unless that is empty. All records
// belong to the lead's customer and owner.
LeadConversion PlanLeadConversion(const v1::Lead& lead,
                                  absl::string_view opportunity_name);

// Whether nothing has happened to `record`, which a conversion made, since
// then.
template <typename T>
bool IsAsConverted(const T& record) {
  return !record.has_delete_time() &&
         record.create_time().seconds() == record.update_time().seconds() &&
         record.create_time().nanos() == record.update_time().nanos();
}

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_LEAD_H_

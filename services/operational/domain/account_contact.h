// The rules of what a person is to an account.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_ACCOUNT_CONTACT_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_ACCOUNT_CONTACT_H_

#include "absl/status/status.h"
#include "crm/operational/v1/account_contact.pb.h"
#include "shared/reflect/rule_context.h"

namespace crm::operational {

// Checks a relation, and gives it the key by which the database lets in one
// primary account of a person.
//
// Returns INVALID_ARGUMENT if it ends before it starts, or is primary and ends.
absl::Status PrepareAccountContact(const v1::AccountContact* before,
                                   v1::AccountContact& after,
                                   const RuleContext& context);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_ACCOUNT_CONTACT_H_

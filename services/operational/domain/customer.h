// The rules of customers and of what they are known by.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_CUSTOMER_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_CUSTOMER_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crm/operational/v1/customer.pb.h"
#include "crm/operational/v1/identifier.pb.h"
#include "google/protobuf/message.h"
#include "shared/reflect/rule_context.h"

namespace crm::operational {

// Completes a customer before it is stored: a new one is ACTIVE, its e-mail
// address is in lower case.
//
// Returns FAILED_PRECONDITION (CUSTOMER_MERGED), which names the survivor, for a
// change of one that is merged and stays so.
absl::Status PrepareCustomer(const v1::Customer* before, v1::Customer& after,
                             const RuleContext& context);

// Makes the customer of a resource that came without one: it takes its name and
// contact points from the resource. An account, or a lead with a company, makes
// an organisation; everything else a person.
v1::Customer CustomerFor(const google::protobuf::Message& resource);

// Completes an identifier before it is stored: it belongs to the customer it
// lies under, and has the forms that are compared (domain/identity/
// contact_point.h).
//
// Returns INVALID_ARGUMENT if the value is none of its type, and
// FAILED_PRECONDITION (CUSTOMER_MERGED), which names the survivor, if its
// customer is merged.
absl::Status PrepareIdentifier(const v1::Identifier* before,
                               v1::Identifier& after,
                               const RuleContext& context);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_CUSTOMER_H_

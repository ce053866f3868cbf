// The rules of the smaller sales records: accounts, contacts and
// products.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_SALES_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_SALES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "crm/operational/v1/account.pb.h"
#include "crm/operational/v1/contact.pb.h"
#include "crm/operational/v1/product.pb.h"
#include "shared/reflect/rule_context.h"

namespace crm::operational {

// The most accounts above one another.
inline constexpr int kMaxAccountDepth = 20;

// Checks a new parent of an account.
//
// Returns FAILED_PRECONDITION: ACCOUNT_CIRCLE if the account would lie under
// itself, ACCOUNT_TOO_DEEP if more than kMaxAccountDepth would be above it.
absl::Status PrepareAccount(const v1::Account* before, v1::Account& after,
                            const RuleContext& context);

// Completes a contact: its e-mail address is in lower case.
absl::Status PrepareContact(const v1::Contact* before, v1::Contact& after,
                            const RuleContext& context);

// Returns INVALID_ARGUMENT if the list price of a product is negative.
absl::Status PrepareProduct(const v1::Product* before, v1::Product& after,
                            const RuleContext& context);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_SALES_H_

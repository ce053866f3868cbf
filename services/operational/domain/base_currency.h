// The rules of base currencies: what a tenant reckons in, day by day.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_BASE_CURRENCY_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_BASE_CURRENCY_H_

#include "absl/status/status.h"
#include "crm/operational/v1/base_currency.pb.h"
#include "shared/reflect/rule_context.h"

namespace crm::operational {

// Completes a base currency: the key that is unique, and sorts by day.
absl::Status PrepareBaseCurrency(const v1::BaseCurrency* before,
                                 v1::BaseCurrency& after,
                                 const RuleContext& context);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_BASE_CURRENCY_H_

// The rules of saved views.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_VIEW_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_VIEW_H_

#include "absl/status/status.h"
#include "crm/operational/v1/view.pb.h"
#include "shared/reflect/rule_context.h"

namespace crm::operational {

// Checks a view against the type that it is of; it is PRIVATE unless that is
// said otherwise. Whether a custom field that it is ordered by has an index yet
// is found out when it is run.
//
// Returns INVALID_ARGUMENT with all that is wrong with type, filter, order and
// columns.
absl::Status PrepareView(const v1::View* before, v1::View& after,
                         const RuleContext& context);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_VIEW_H_

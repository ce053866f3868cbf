// Finds the currency that a tenant reckons in.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_BASE_CURRENCY_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_BASE_CURRENCY_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "shared/resource/read_view.h"

namespace crm::operational {

// Returns the base currency of the tenant on `day`: that of the last that
// begins by then; empty if none does. It is no secret within the tenant, so
// whoever may ask for what is reckoned in it is given it.
absl::StatusOr<std::string> BaseCurrencyOn(const ReadView& view,
                                           absl::CivilDay day);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_BASE_CURRENCY_H_

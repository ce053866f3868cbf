// The reading methods of BusinessCalendarService.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_BUSINESS_CALENDAR_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_BUSINESS_CALENDAR_H_

#include "absl/status/statusor.h"
#include "crm/operational/v1/business_calendar.pb.h"
#include "shared/resource/read_view.h"

namespace crm::operational {

// Serves the method of its request; see the proto for what it returns.
absl::StatusOr<v1::AddBusinessTimeResponse> HandleAddBusinessTime(
    const ReadView& view, const CallContext& call,
    const v1::AddBusinessTimeRequest& request);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_BUSINESS_CALENDAR_H_

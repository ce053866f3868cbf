#include "services/operational/handlers/business_calendar.h"

#include "services/operational/domain/business_calendar.h"
#include "shared/base/clock.h"
#include "shared/base/status_macros.h"

namespace crm::operational {

absl::StatusOr<v1::AddBusinessTimeResponse> HandleAddBusinessTime(
    const ReadView& view, const CallContext& /*call*/,
    const v1::AddBusinessTimeRequest& request) {
  CRM_ASSIGN_OR_RETURN(const auto calendar,
                       view.GetLive<v1::BusinessCalendar>(request.name()));
  CRM_ASSIGN_OR_RETURN(
      const absl::Time end,
      AddBusinessTime(calendar, FromTimestamp(request.start_time()),
                      absl::Seconds(request.business_seconds())));
  v1::AddBusinessTimeResponse response;
  *response.mutable_end_time() = ToTimestamp(end);
  return response;
}

}  // namespace crm::operational

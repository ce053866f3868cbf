// The period that a request asks about.

#ifndef CRM_SERVICES_ANALYTICAL_HANDLERS_ASKED_PERIOD_H_
#define CRM_SERVICES_ANALYTICAL_HANDLERS_ASKED_PERIOD_H_

#include "absl/status/statusor.h"
#include "services/analytical/projections/measurements.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/call/call.h"

namespace crm::analytical {

// Returns the question from `start_time` to `end_time` of all customers of the
// caller's tenant. Returns INVALID_ARGUMENT if it ends before it begins.
template <typename Request>
absl::StatusOr<MeasureQuestion> AskedPeriod(const CallContext& call,
                                            const Request& request) {
  MeasureQuestion question{.tenant = call.principal.tenant,
                           .segment = {},
                           .start = FromTimestamp(request.start_time()),
                           .end = FromTimestamp(request.end_time())};
  if (question.start >= question.end) {
    return BadField("end_time", "must be after start_time.");
  }
  return question;
}

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_HANDLERS_ASKED_PERIOD_H_

// The metrics that come from resources of this service.

#ifndef CRM_SERVICES_ANALYTICAL_HANDLERS_OWN_MEASUREMENTS_H_
#define CRM_SERVICES_ANALYTICAL_HANDLERS_OWN_MEASUREMENTS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "crm/analytical/v1/clv_model.pb.h"
#include "services/analytical/domain/frameworks/framework.h"
#include "services/analytical/domain/frameworks/scorecard.h"
#include "shared/resource/read_view.h"

namespace crm::analytical {

// What is to be measured, beside what events tell.
struct OwnQuestion {
  const FrameworkData& framework;
  absl::Time end;
  // How many customers there are, in all segments.
  int64_t customer_count = 0;
  // The segment that is looked at; all customers if it is empty. Of a segment
  // nothing is told of value tiers, which models have for all together.
  std::string segment = {};
};

// Adds those of the framework's metrics that there are resources for, of the
// rows that the caller may read. Returns PERMISSION_DENIED (FIELD_HIDDEN) if
// its roles hide what is measured, and the errors of ScanRows().
absl::Status AddOwnMeasurements(const ReadView& view, const CallContext& call,
                                const OwnQuestion& question,
                                Measurements& measurements);

// Returns the newest model that is of `end` or before, or nothing. Errors
// likewise.
absl::StatusOr<std::optional<v1::ClvModel>> NewestClvModel(
    const ReadView& view, const CallContext& call, absl::Time end);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_HANDLERS_OWN_MEASUREMENTS_H_

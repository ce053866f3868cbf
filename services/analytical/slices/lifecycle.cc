#include "services/analytical/slices/lifecycle.h"

#include <vector>

#include "services/analytical/domain/lifecycle/lifecycle_slice.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {

absl::StatusOr<std::optional<std::string>> BuildLifecycleSlice(
    const ReadView& view, const std::string& customer) {
  CRM_ASSIGN_OR_RETURN(const std::vector<v1::LifecycleJourney> journeys,
                       view.Select<v1::LifecycleJourney>("customer", customer));
  return SumUpLifecycle(journeys).SerializeAsString();
}

}  // namespace crm::analytical

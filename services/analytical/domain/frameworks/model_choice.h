// Which models fit an organization: a table of what each has to do with each
// fact and need, and the sums of its points.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_MODEL_CHOICE_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_MODEL_CHOICE_H_

#include "absl/status/statusor.h"
#include "crm/analytical/v1/framework.pb.h"

namespace crm::analytical {

// From so many employees on an organization is medium, and large.
inline constexpr int32_t kMediumEmployees = 50;
inline constexpr int32_t kLargeEmployees = 250;
// From so many systems on, integration is a task of its own.
inline constexpr int32_t kManySystems = 5;

// Ranks all frameworks. Returns INVALID_ARGUMENT with a violation for each need
// that is named twice or is none. A pure function.
absl::StatusOr<v1::RecommendModelsResponse> RecommendModels(
    const v1::RecommendModelsRequest& request);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_MODEL_CHOICE_H_

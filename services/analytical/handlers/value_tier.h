// The value tier of one customer, found among the scores of a model of lifetime
// value.

#ifndef CRM_SERVICES_ANALYTICAL_HANDLERS_VALUE_TIER_H_
#define CRM_SERVICES_ANALYTICAL_HANDLERS_VALUE_TIER_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "crm/analytical/v1/clv_model.pb.h"
#include "services/analytical/handlers/score_blocks.h"
#include "shared/storage/database.h"

namespace crm::analytical {

// Returns the tier of one customer, in as many reads as the logarithm of the
// `count` scores. Errors as ReadScores().
absl::StatusOr<v1::ClvScore::ValueTier> FindTier(SqlReader& reader,
                                                 const ScoresKey& key,
                                                 int64_t count,
                                                 const std::string& customer);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_HANDLERS_VALUE_TIER_H_

// What is different between scorecards: a stored one and the same once more, or
// two of different dates.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_SCORECARD_DIFFERENCES_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_SCORECARD_DIFFERENCES_H_

#include "absl/status/statusor.h"
#include "crm/analytical/v1/scorecard.pb.h"
#include "services/analytical/domain/frameworks/framework.h"

namespace crm::analytical {

// Returns each number of `stored` that its own evidence does not come to, and
// each piece of evidence that is another one in `again`, the same scorecard
// measured once more. `framework` is null if its version is not known any more;
// then that is all there is to say.
v1::VerifyScorecardResponse Verify(const FrameworkData* framework,
                                   const v1::Scorecard& stored,
                                   const v1::Scorecard& again);

// Returns how the scores changed. Returns FAILED_PRECONDITION
// (FRAMEWORKS_DIFFER) for scorecards of two frameworks or versions.
absl::StatusOr<v1::CompareScorecardsResponse> Compare(
    const v1::Scorecard& earlier, const v1::Scorecard& later);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_SCORECARD_DIFFERENCES_H_

// The methods of scorecards that are not the kernel's: they measure before they
// keep, and tell of what was kept.

#ifndef CRM_SERVICES_ANALYTICAL_HANDLERS_SCORECARD_H_
#define CRM_SERVICES_ANALYTICAL_HANDLERS_SCORECARD_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "crm/analytical/v1/scorecard.pb.h"
#include "google/protobuf/empty.pb.h"
#include "services/analytical/domain/frameworks/scorecard.h"
#include "services/analytical/handlers/analytics.h"
#include "shared/resource/read_view.h"
#include "shared/resource/transaction.h"

namespace crm::analytical {

// A scorecard as it was asked for, and what events tell for it.
struct MeasuredScorecard {
  v1::Scorecard scorecard;
  Measurements measurements;
  Series series;
  int64_t customer_count = 0;
};

// Measures, before the transaction that keeps it.
absl::StatusOr<MeasuredScorecard> PrepareScorecard(
    Analytics& analytics, const ReadView& view, const CallContext& call,
    const v1::CreateScorecardRequest& request);

// Each serves the method of its request.
//
// Create, which begins with the preparation, returns INVALID_ARGUMENT with
// violations for a framework that there is none of, a time in the future and
// weights that do not fit (CheckWeights()), the errors of
// AddOwnMeasurements(), of strategic_measurements.h and of the warehouse, and
// those of a standard Create. Verify returns NOT_FOUND and the errors of
// measuring; Compare NOT_FOUND and FAILED_PRECONDITION (FRAMEWORKS_DIFFER);
// Render NOT_FOUND; both Render and Verify go by the framework as it is now, so
// Render returns FAILED_PRECONDITION (FRAMEWORK_VERSION) for one of another
// version. Describe returns INVALID_ARGUMENT for a framework that there is none
// of.
absl::StatusOr<v1::Scorecard> HandleCreateScorecard(
    const MeasuredScorecard& measured, Transaction& transaction,
    const CallContext& call, const v1::CreateScorecardRequest& request);
absl::StatusOr<v1::VerifyScorecardResponse> HandleVerifyScorecard(
    Analytics& analytics, const ReadView& view, const CallContext& call,
    const v1::VerifyScorecardRequest& request);
absl::StatusOr<v1::CompareScorecardsResponse> HandleCompareScorecards(
    const ReadView& view, const CallContext& call,
    const v1::CompareScorecardsRequest& request);
absl::StatusOr<v1::RenderScorecardResponse> HandleRenderScorecard(
    const ReadView& view, const CallContext& call,
    const v1::RenderScorecardRequest& request);
absl::StatusOr<v1::DescribeFrameworksResponse> HandleDescribeFrameworks(
    const ReadView& view, const CallContext& call,
    const v1::DescribeFrameworksRequest& request);
absl::StatusOr<v1::RecommendModelsResponse> HandleRecommendModels(
    const ReadView& view, const CallContext& call,
    const v1::RecommendModelsRequest& request);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_HANDLERS_SCORECARD_H_

#include "services/analytical/handlers/scorecard.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/analytical/domain/frameworks/framework.h"
#include "services/analytical/domain/frameworks/framework_messages.h"
#include "services/analytical/domain/frameworks/model_choice.h"
#include "services/analytical/domain/frameworks/scorecard_differences.h"
#include "services/analytical/domain/frameworks/scorecard_svg.h"
#include "services/analytical/handlers/new_resource.h"
#include "services/analytical/handlers/own_measurements.h"
#include "services/analytical/handlers/strategic_measurements.h"
#include "services/analytical/projections/measurements.h"
#include "services/analytical/projections/order_facts.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/resource/standard_fields.h"

namespace crm::analytical {
namespace {

constexpr char kNoFramework[] =
    "is no framework. DescribeFrameworks tells which there are.";

// Measures what events tell for `measured.scorecard`.
absl::Status MeasureEvents(Analytics& analytics, const ReadView& view,
                           const CallContext& call,
                           const FrameworkData& framework,
                           MeasuredScorecard& measured) {
  v1::Scorecard& scorecard = measured.scorecard;
  const absl::Time end = FromTimestamp(scorecard.as_of_time());
  const MeasureQuestion question{
      .tenant = call.principal.tenant,
      .segment = scorecard.segment(),
      .start = end - absl::Hours(24) * framework.period_days,
      .end = end};
  CRM_ASSIGN_OR_RETURN(const StrategicFacts declared,
                       ReadStrategicFacts(view, call, framework, end));
  return analytics.warehouse.Read(
      call.deadline, [&](SqlReader& reader) -> absl::Status {
        CRM_ASSIGN_OR_RETURN(measured.measurements,
                             ReadMeasurements(reader, question));
        CRM_RETURN_IF_ERROR(AddStrategicMeasurements(
            reader, declared, framework, question, measured.measurements));
        measured.series.clear();
        if (!framework.edges.empty()) {
          CRM_ASSIGN_OR_RETURN(measured.series, ReadSeries(reader, question));
        }
        CRM_ASSIGN_OR_RETURN(measured.customer_count,
                             CountCustomers(reader, question));
        CRM_ASSIGN_OR_RETURN(
            *scorecard.mutable_freshness(),
            ReadFreshness(reader, call.principal.tenant, call.now));
        return absl::OkStatus();
      });
}

// Adds what resources of the service tell, and scores all of it.
absl::StatusOr<v1::Scorecard> Complete(const ReadView& view,
                                       const CallContext& call,
                                       const FrameworkData& framework,
                                       const MeasuredScorecard& measured) {
  v1::Scorecard scorecard = measured.scorecard;
  Measurements measurements = measured.measurements;
  CRM_RETURN_IF_ERROR(
      AddOwnMeasurements(view, call,
                         {.framework = framework,
                          .end = FromTimestamp(scorecard.as_of_time()),
                          .customer_count = measured.customer_count,
                          .segment = scorecard.segment()},
                         measurements));
  FillScorecard(framework, measurements, measured.series, scorecard);
  return scorecard;
}

// Returns the framework of the version that `scorecard` was made by, or null.
const FrameworkData* FrameworkOf(const v1::Scorecard& scorecard) {
  const FrameworkData* framework = FindFramework(scorecard.framework());
  return framework != nullptr &&
                 framework->version == scorecard.framework_version()
             ? framework
             : nullptr;
}

}  // namespace

absl::StatusOr<MeasuredScorecard> PrepareScorecard(
    Analytics& analytics, const ReadView& view, const CallContext& call,
    const v1::CreateScorecardRequest& request) {
  MeasuredScorecard measured{
      .scorecard = request.scorecard(), .measurements = {}, .series = {}};
  v1::Scorecard& scorecard = measured.scorecard;
  ClearOutputOnly(scorecard);
  if (!scorecard.has_as_of_time()) {
    *scorecard.mutable_as_of_time() = ToTimestamp(call.now);
  }
  std::vector<FieldViolation> violations;
  const FrameworkData* framework = FindFramework(scorecard.framework());
  if (framework == nullptr) {
    violations.push_back({"scorecard.framework", kNoFramework});
  }
  if (FromTimestamp(scorecard.as_of_time()) > call.now) {
    violations.push_back(
        {"scorecard.as_of_time", "must not be in the future."});
  }
  if (!violations.empty()) return BadRequest(violations);
  CRM_RETURN_IF_ERROR(CheckWeights(*framework, scorecard));
  CRM_RETURN_IF_ERROR(
      MeasureEvents(analytics, view, call, *framework, measured));
  return measured;
}

absl::StatusOr<v1::Scorecard> HandleCreateScorecard(
    const MeasuredScorecard& measured, Transaction& transaction,
    const CallContext& call, const v1::CreateScorecardRequest& request) {
  CRM_ASSIGN_OR_RETURN(const v1::Scorecard named,
                       MakeRequested<v1::Scorecard>(transaction, request));
  CRM_ASSIGN_OR_RETURN(
      v1::Scorecard scorecard,
      Complete(transaction.view(), call,
               *FindFramework(measured.scorecard.framework()), measured));
  scorecard.set_name(named.name());
  transaction.Create(scorecard);
  return scorecard;
}

absl::StatusOr<v1::VerifyScorecardResponse> HandleVerifyScorecard(
    Analytics& analytics, const ReadView& view, const CallContext& call,
    const v1::VerifyScorecardRequest& request) {
  CRM_ASSIGN_OR_RETURN(const v1::Scorecard stored,
                       view.GetLive<v1::Scorecard>(request.name()));
  const FrameworkData* framework = FrameworkOf(stored);
  if (framework == nullptr) return Verify(nullptr, stored, stored);
  MeasuredScorecard measured{
      .scorecard = stored, .measurements = {}, .series = {}};
  CRM_RETURN_IF_ERROR(
      MeasureEvents(analytics, view, call, *framework, measured));
  CRM_ASSIGN_OR_RETURN(const v1::Scorecard again,
                       Complete(view, call, *framework, measured));
  return Verify(framework, stored, again);
}

absl::StatusOr<v1::CompareScorecardsResponse> HandleCompareScorecards(
    const ReadView& view, const CallContext& /*call*/,
    const v1::CompareScorecardsRequest& request) {
  CRM_ASSIGN_OR_RETURN(const v1::Scorecard earlier,
                       view.GetLive<v1::Scorecard>(request.name()));
  CRM_ASSIGN_OR_RETURN(const v1::Scorecard later,
                       view.GetLive<v1::Scorecard>(request.other_scorecard()));
  return Compare(earlier, later);
}

absl::StatusOr<v1::RenderScorecardResponse> HandleRenderScorecard(
    const ReadView& view, const CallContext& /*call*/,
    const v1::RenderScorecardRequest& request) {
  CRM_ASSIGN_OR_RETURN(const v1::Scorecard scorecard,
                       view.GetLive<v1::Scorecard>(request.name()));
  const FrameworkData* framework = FrameworkOf(scorecard);
  if (framework == nullptr) {
    return FailedPrecondition(
        "FRAMEWORK_VERSION",
        absl::StrCat("'", scorecard.name(), "' is of version ",
                     scorecard.framework_version(),
                     " of its framework, which is not known any more."),
        scorecard.name());
  }
  v1::RenderScorecardResponse response;
  response.set_svg(DrawScorecard(*framework, scorecard));
  return response;
}

absl::StatusOr<v1::DescribeFrameworksResponse> HandleDescribeFrameworks(
    const ReadView& /*view*/, const CallContext& /*call*/,
    const v1::DescribeFrameworksRequest& request) {
  v1::DescribeFrameworksResponse response;
  for (const FrameworkData* framework : Frameworks()) {
    if (request.framework().empty() || framework->id == request.framework()) {
      *response.add_frameworks() = ToMessage(*framework);
    }
  }
  if (response.frameworks().empty()) return BadField("framework", kNoFramework);
  return response;
}

absl::StatusOr<v1::RecommendModelsResponse> HandleRecommendModels(
    const ReadView& /*view*/, const CallContext& /*call*/,
    const v1::RecommendModelsRequest& request) {
  return RecommendModels(request);
}

}  // namespace crm::analytical

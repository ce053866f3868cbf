#include "services/analytical/handlers/lifecycle_views.h"

#include <vector>

#include "services/analytical/domain/lifecycle/cycles.h"
#include "services/analytical/domain/lifecycle/funnel.h"
#include "services/analytical/domain/lifecycle/graph.h"
#include "services/analytical/domain/lifecycle/graph_svg.h"
#include "services/analytical/handlers/lifecycle_scan.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {
namespace {

using v1::LifecycleJourney;

}  // namespace

absl::StatusOr<v1::LifecycleGraph> HandleRenderLifecycle(
    const ReadView& view, const CallContext& call,
    const v1::RenderLifecycleRequest& request) {
  StageNames names = DefaultStageNames();
  if (!request.vocabulary().empty()) {
    CRM_ASSIGN_OR_RETURN(
        const v1::LifecycleVocabulary vocabulary,
        view.GetLive<v1::LifecycleVocabulary>(request.vocabulary()));
    names = NamesOf(vocabulary);
  }
  LifecycleGraphCounter counter(call.now);
  CRM_RETURN_IF_ERROR(VisitJourneys(
      view, call, request.customer(),
      [&](const LifecycleJourney& journey) { counter.Add(journey); }));
  v1::LifecycleGraph graph = counter.Result(
      request.layout() == v1::Lifecycle::CYCLIC ? v1::Lifecycle::CYCLIC
                                                : v1::Lifecycle::LINEAR,
      names);
  graph.set_svg(DrawLifecycle(graph));
  return graph;
}

absl::StatusOr<v1::LifecycleFunnel> HandleMeasureLifecycleFunnel(
    const ReadView& view, const CallContext& call,
    const v1::MeasureLifecycleFunnelRequest& request) {
  const absl::Time start = request.has_start_time()
                               ? FromTimestamp(request.start_time())
                               : absl::InfinitePast();
  const absl::Time end =
      request.has_end_time() ? FromTimestamp(request.end_time()) : call.now;
  if (start >= end) return BadField("end_time", "must be after start_time.");
  LifecycleFunnelCounter counter(start, end);
  CRM_RETURN_IF_ERROR(VisitJourneys(
      view, call, /*customer=*/"",
      [&](const LifecycleJourney& journey) { counter.Add(journey); }));
  return counter.Result();
}

absl::StatusOr<v1::LifecycleCycles> HandleMeasureLifecycleCycles(
    const ReadView& view, const CallContext& call,
    const v1::MeasureLifecycleCyclesRequest& request) {
  std::vector<LifecycleJourney> journeys;
  CRM_RETURN_IF_ERROR(VisitJourneys(
      view, call, request.customer(),
      [&](const LifecycleJourney& journey) { journeys.push_back(journey); }));
  return MeasureCycles(journeys);
}

}  // namespace crm::analytical

#include "services/analytical/domain/lifecycle/funnel.h"

#include "services/analytical/domain/lifecycle/durations.h"
#include "shared/base/clock.h"

namespace crm::analytical {
namespace {

using v1::Lifecycle;
using v1::LifecycleJourney;
using v1::LifecycleStep;

}  // namespace

void LifecycleFunnelCounter::CountStock(const LifecycleJourney& journey,
                                        absl::Time instant,
                                        int64_t StageCounts::*count) {
  const LifecycleStep* last = nullptr;
  for (const LifecycleStep& step : journey.stage_history()) {
    if (FromTimestamp(step.enter_time()) < instant) last = &step;
  }
  if (last != nullptr) ++(stages_[StageIndex(last->stage())].*count);
}

void LifecycleFunnelCounter::Add(const LifecycleJourney& journey) {
  CountStock(journey, start_, &StageCounts::at_start);
  CountStock(journey, end_, &StageCounts::at_end);
  const auto& history = journey.stage_history();
  for (int i = 0; i < history.size(); ++i) {
    const Lifecycle::Stage stage = history[i].stage();
    const absl::Time entered = FromTimestamp(history[i].enter_time());
    const absl::Time left = i + 1 < history.size()
                                ? FromTimestamp(history[i + 1].enter_time())
                                : absl::InfiniteFuture();
    StageCounts& counts = stages_[StageIndex(stage)];
    if (entered >= start_ && entered < end_) ++counts.inflow;
    const bool leaves = left >= start_ && left < end_;
    if (leaves) {
      ++counts.outflow;
      counts.dwell += left - entered;
    }
    // Who left at the first instant was still there when the period began.
    const bool was_there = entered < end_ && left >= start_;
    for (size_t e = 0; e < kLegalEdges.size(); ++e) {
      const LegalEdge& edge = kLegalEdges[e];
      if (edge.from != stage) continue;
      const bool is_kind = edge.entry_kind == journey.entry_kind();
      // A run that is VIRGIN may still become one of any kind.
      if (was_there && (is_kind || stage == Lifecycle::VIRGIN)) {
        ++edges_[e].reached;
      }
      if (leaves && is_kind && history[i + 1].stage() == edge.to) {
        ++edges_[e].taken;
      }
    }
  }
}

v1::LifecycleFunnel LifecycleFunnelCounter::Result() const {
  v1::LifecycleFunnel funnel;
  if (start_ != absl::InfinitePast()) {
    *funnel.mutable_start_time() = ToTimestamp(start_);
  }
  *funnel.mutable_end_time() = ToTimestamp(end_);
  for (size_t i = 0; i < kLifecycleStages.size(); ++i) {
    const StageCounts& counts = stages_[i];
    v1::LifecycleStageFlow& flow = *funnel.add_stages();
    flow.set_stage(kLifecycleStages[i]);
    flow.set_start_count(counts.at_start);
    flow.set_inflow_count(counts.inflow);
    flow.set_outflow_count(counts.outflow);
    flow.set_end_count(counts.at_end);
    if (counts.outflow > 0) {
      *flow.mutable_mean_dwell() =
          ToProtoDuration(counts.dwell / counts.outflow);
    }
  }
  for (size_t e = 0; e < kLegalEdges.size(); ++e) {
    v1::LifecycleEdgeFlow& flow = *funnel.add_edges();
    flow.set_entry_kind(kLegalEdges[e].entry_kind);
    flow.set_from_stage(kLegalEdges[e].from);
    flow.set_to_stage(kLegalEdges[e].to);
    flow.set_count(edges_[e].taken);
    flow.set_reached_count(edges_[e].reached);
    if (edges_[e].reached > 0) {
      flow.set_conversion(static_cast<double>(edges_[e].taken) /
                          static_cast<double>(edges_[e].reached));
    }
  }
  return funnel;
}

}  // namespace crm::analytical

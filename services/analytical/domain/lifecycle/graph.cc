#include "services/analytical/domain/lifecycle/graph.h"

#include <algorithm>
#include <set>

#include "services/analytical/domain/lifecycle/durations.h"
#include "shared/base/clock.h"

namespace crm::analytical {
namespace {

using v1::Lifecycle;

void AddEdge(Lifecycle::Stage from, Lifecycle::Stage to,
             Lifecycle::EdgeKind kind, int64_t count,
             v1::LifecycleGraph& graph) {
  v1::LifecycleEdge& edge = *graph.add_edges();
  edge.set_from_stage(from);
  edge.set_to_stage(to);
  edge.set_kind(kind);
  edge.set_count(count);
}

}  // namespace

StageNames DefaultStageNames() {
  return {"New", "Activated", "Unstable", "Latent", "Terminated"};
}

StageNames NamesOf(const v1::LifecycleVocabulary& vocabulary) {
  StageNames names = {vocabulary.virgin_name(), vocabulary.activated_name(),
                      vocabulary.unstable_name(), vocabulary.latent_name(),
                      vocabulary.terminated_name()};
  const StageNames defaults = DefaultStageNames();
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty()) names[i] = defaults[i];
  }
  return names;
}

void LifecycleGraphCounter::Add(const v1::LifecycleJourney& journey) {
  ++journeys_;
  if (journey.run() > 1) ++closings_;
  const auto& history = journey.stage_history();
  for (int i = 0; i < history.size(); ++i) {
    const Lifecycle::Stage stage = history[i].stage();
    const bool is_last = i + 1 == history.size();
    const absl::Time entered = FromTimestamp(history[i].enter_time());
    const absl::Time left =
        is_last ? now_ : FromTimestamp(history[i + 1].enter_time());
    NodeCounts& node = nodes_[StageIndex(stage)];
    ++node.visits;
    // Clocks of replicas differ a little.
    node.dwell += std::max(left - entered, absl::ZeroDuration());
    if (is_last) {
      ++node.now_in;
    } else {
      ++taken_[{stage, history[i + 1].stage()}];
    }
  }
}

v1::LifecycleGraph LifecycleGraphCounter::Result(
    Lifecycle::Layout layout, const StageNames& names) const {
  v1::LifecycleGraph graph;
  graph.set_layout(layout);
  graph.set_journey_count(journeys_);
  *graph.mutable_as_of_time() = ToTimestamp(now_);
  for (size_t i = 0; i < kLifecycleStages.size(); ++i) {
    const NodeCounts& counts = nodes_[i];
    v1::LifecycleNode& node = *graph.add_nodes();
    node.set_stage(kLifecycleStages[i]);
    node.set_display_name(names[i]);
    node.set_journey_count(counts.now_in);
    node.set_visit_count(counts.visits);
    if (counts.visits > 0 && node.stage() != Lifecycle::TERMINATED) {
      *node.mutable_mean_dwell() =
          ToProtoDuration(counts.dwell / counts.visits);
    }
  }
  std::set<StagePair> drawn;
  for (const LegalEdge& edge : kLegalEdges) {
    // Several kinds of entry share an edge.
    if (!drawn.emplace(edge.from, edge.to).second) continue;
    const bool is_next = StageIndex(edge.to) == StageIndex(edge.from) + 1;
    const auto found = taken_.find({edge.from, edge.to});
    AddEdge(edge.from, edge.to, is_next ? Lifecycle::RING : Lifecycle::CHORD,
            found == taken_.end() ? 0 : found->second, graph);
  }
  if (layout == Lifecycle::CYCLIC) {
    AddEdge(Lifecycle::TERMINATED, Lifecycle::VIRGIN, Lifecycle::CLOSING,
            closings_, graph);
  }
  return graph;
}

}  // namespace crm::analytical

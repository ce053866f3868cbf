#include "services/analytical/domain/lifecycle/stages.h"

#include "absl/algorithm/container.h"

namespace crm::analytical {

using v1::Lifecycle;

bool IsLegalEdge(Lifecycle::EntryKind entry_kind, Lifecycle::Stage from,
                 Lifecycle::Stage to) {
  return absl::c_any_of(kLegalEdges, [&](const LegalEdge& edge) {
    return edge.entry_kind == entry_kind && edge.from == from && edge.to == to;
  });
}

std::vector<Lifecycle::Stage> NextStages(Lifecycle::EntryKind entry_kind,
                                         Lifecycle::Stage from) {
  std::vector<Lifecycle::Stage> next;
  for (const LegalEdge& edge : kLegalEdges) {
    const bool applies = entry_kind == Lifecycle::ENTRY_KIND_UNSPECIFIED ||
                         edge.entry_kind == entry_kind;
    if (applies && edge.from == from && !absl::c_linear_search(next, edge.to)) {
      next.push_back(edge.to);
    }
  }
  return next;
}

size_t StageIndex(Lifecycle::Stage stage) {
  return static_cast<size_t>(absl::c_find(kLifecycleStages, stage) -
                             kLifecycleStages.begin());
}

}  // namespace crm::analytical

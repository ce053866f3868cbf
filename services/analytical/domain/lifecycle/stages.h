// The five stages of a lifecycle, and the nine edges between them: a table, and
// what it says.
//
//   NEW_PROSPECT  VIRGIN > ACTIVATED > UNSTABLE > LATENT > TERMINATED
//   SWITCH_BACK   VIRGIN > ACTIVATED > LATENT > TERMINATED
//   WIN_BACK      VIRGIN > ACTIVATED > TERMINATED
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_LIFECYCLE_STAGES_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_LIFECYCLE_STAGES_H_

#include <array>
#include <cstddef>
#include <vector>

#include "crm/analytical/v1/lifecycle.pb.h"

namespace crm::analytical {

// The stages in their order.
inline constexpr std::array<v1::Lifecycle::Stage, 5> kLifecycleStages = {
    v1::Lifecycle::VIRGIN, v1::Lifecycle::ACTIVATED, v1::Lifecycle::UNSTABLE,
    v1::Lifecycle::LATENT, v1::Lifecycle::TERMINATED};

// The kinds of entry.
inline constexpr std::array<v1::Lifecycle::EntryKind, 3> kEntryKinds = {
    v1::Lifecycle::NEW_PROSPECT, v1::Lifecycle::SWITCH_BACK,
    v1::Lifecycle::WIN_BACK};

// A step that a run of this kind may take.
struct LegalEdge {
  v1::Lifecycle::EntryKind entry_kind;
  v1::Lifecycle::Stage from;
  v1::Lifecycle::Stage to;
};

// All legal edges, by kind of entry and then by their order in a run.
inline constexpr std::array<LegalEdge, 9> kLegalEdges = {{
    {v1::Lifecycle::NEW_PROSPECT, v1::Lifecycle::VIRGIN,
     v1::Lifecycle::ACTIVATED},
    {v1::Lifecycle::NEW_PROSPECT, v1::Lifecycle::ACTIVATED,
     v1::Lifecycle::UNSTABLE},
    {v1::Lifecycle::NEW_PROSPECT, v1::Lifecycle::UNSTABLE,
     v1::Lifecycle::LATENT},
    {v1::Lifecycle::NEW_PROSPECT, v1::Lifecycle::LATENT,
     v1::Lifecycle::TERMINATED},
    {v1::Lifecycle::SWITCH_BACK, v1::Lifecycle::VIRGIN,
     v1::Lifecycle::ACTIVATED},
    {v1::Lifecycle::SWITCH_BACK, v1::Lifecycle::ACTIVATED,
     v1::Lifecycle::LATENT},
    {v1::Lifecycle::SWITCH_BACK, v1::Lifecycle::LATENT,
     v1::Lifecycle::TERMINATED},
    {v1::Lifecycle::WIN_BACK, v1::Lifecycle::VIRGIN, v1::Lifecycle::ACTIVATED},
    {v1::Lifecycle::WIN_BACK, v1::Lifecycle::ACTIVATED,
     v1::Lifecycle::TERMINATED},
}};

// Whether a run of the kind may go from one stage to the other.
bool IsLegalEdge(v1::Lifecycle::EntryKind entry_kind, v1::Lifecycle::Stage from,
                 v1::Lifecycle::Stage to);

// Returns where a run of the kind may go from `from`. A run that has no kind
// yet may go where one of any kind may.
std::vector<v1::Lifecycle::Stage> NextStages(
    v1::Lifecycle::EntryKind entry_kind, v1::Lifecycle::Stage from);

// Returns the place of a stage among kLifecycleStages, which it is one of.
size_t StageIndex(v1::Lifecycle::Stage stage);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_LIFECYCLE_STAGES_H_

// Has a service react to the events of others: see shared/resource/
// reaction_applier.h.

#ifndef CRM_SERVICES_HOST_REACTIONS_H_
#define CRM_SERVICES_HOST_REACTIONS_H_

#include <memory>
#include <vector>

#include "services/host/service.h"
#include "services/host/settings.h"
#include "shared/observe/log.h"
#include "shared/resource/kernel.h"
#include "shared/resource/reaction_applier.h"

namespace crm {

// Returns the appliers of `reactions`. A process that does not know where the
// producer is, or has no key to ask it with, runs without: its log says so, and
// what it missed is done once it does. `kernel` outlives them.
std::vector<std::unique_ptr<ReactionApplier>> MakeReactions(
    const Kernel& kernel, const std::vector<Reaction>& reactions,
    const HostSettings& settings, Logger& logger);

// Returns what `service` follows, `appliers` included: those by this process
// alone or by all that share `database`. All outlive what is returned.
std::vector<Following> FollowsOf(
    const Service& service,
    const std::vector<std::unique_ptr<ReactionApplier>>& appliers,
    Database& database);

}  // namespace crm

#endif  // CRM_SERVICES_HOST_REACTIONS_H_

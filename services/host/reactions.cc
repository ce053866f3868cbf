#include "services/host/reactions.h"

namespace crm {

std::vector<std::unique_ptr<ReactionApplier>> MakeReactions(
    const Kernel& kernel, const std::vector<Reaction>& reactions,
    const HostSettings& settings, Logger& logger) {
  std::vector<std::unique_ptr<ReactionApplier>> appliers;
  for (const Reaction& reaction : reactions) {
    if (settings.service_key_file.empty() ||
        !settings.addresses.contains(reaction.producer)) {
      logger.Log(LogLevel::kWarning, "the events of a service are not followed",
                 {{"producer", reaction.producer},
                  {"missing", settings.service_key_file.empty()
                                  ? "CRM_SERVICE_KEY_FILE"
                                  : "its address"}});
      continue;
    }
    appliers.push_back(std::make_unique<ReactionApplier>(kernel, reaction));
  }
  return appliers;
}

std::vector<Following> FollowsOf(
    const Service& service,
    const std::vector<std::unique_ptr<ReactionApplier>>& appliers,
    Database& database) {
  std::vector<Following> follows = service.follows;
  for (const auto& applier : appliers) {
    Following& following = follows.emplace_back();
    following.producer = applier->producer();
    following.applier = applier.get();
    // A store without a clock of its own is one process's alone.
    if (!database.TimeSql().empty()) following.shared_store = &database;
  }
  return follows;
}

}  // namespace crm

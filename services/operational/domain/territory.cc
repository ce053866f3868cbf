#include "services/operational/domain/territory.h"

#include <string>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "services/operational/domain/lead_filter.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::operational {
namespace {

absl::Status CheckPlace(const v1::Territory& territory,
                        const RuleContext& context) {
  std::string name = territory.parent_territory();
  for (int depth = 0; !name.empty(); ++depth) {
    if (name == territory.name()) {
      return FailedPrecondition(
          "TERRITORY_CIRCLE",
          absl::StrCat("Territory '", territory.name(),
                       "' would lie under itself; choose another parent."),
          territory.name());
    }
    if (depth == kMaxTerritoryDepth) {
      return FailedPrecondition(
          "TERRITORY_TOO_DEEP",
          absl::StrCat("Territory '", territory.name(),
                       "' would have more than ", kMaxTerritoryDepth,
                       " territories above it; choose another parent."),
          territory.name());
    }
    const auto* parent = context.Find<v1::Territory>(name);
    if (parent == nullptr) break;
    name = parent->parent_territory();
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status PrepareTerritory(const v1::Territory* before, v1::Territory& after,
                              const RuleContext& context) {
  std::vector<FieldViolation> violations;
  if (before == nullptr || before->lead_filter() != after.lead_filter()) {
    CheckLeadFilter(after.lead_filter(), "territory.lead_filter", context,
                    violations);
  }
  if (!violations.empty()) return BadRequest(violations);
  if (before != nullptr &&
      before->parent_territory() == after.parent_territory()) {
    return absl::OkStatus();
  }
  return CheckPlace(after, context);
}

const v1::Territory* TerritoryAmong(const std::vector<v1::Territory>& siblings,
                                    const v1::Lead& lead,
                                    const FindCustomField& fields) {
  const v1::Territory* best = nullptr;
  for (const v1::Territory& territory : siblings) {
    if (best != nullptr &&
        std::forward_as_tuple(best->rank(), best->name()) <
            std::forward_as_tuple(territory.rank(), territory.name())) {
      continue;
    }
    if (MatchesLead(territory.lead_filter(), lead, fields)) best = &territory;
  }
  return best;
}

}  // namespace crm::operational

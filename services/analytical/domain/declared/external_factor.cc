#include "services/analytical/domain/declared/external_factor.h"

#include <algorithm>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/analytical/domain/declared/metric.h"
#include "shared/base/errors.h"

namespace crm::analytical {
namespace {

using v1::ExternalFactor;
using v1::FactorNode;

constexpr FactorNode::Kind kInfluenced[] = {FactorNode::EXPERIENCE,
                                            FactorNode::PLANNING};

const char* NameOf(FactorNode::Kind kind) {
  return kind == FactorNode::EXPERIENCE ? "Customer experience"
                                        : "Business planning";
}

const ExternalFactor::Effect* EffectOn(const ExternalFactor& factor,
                                       FactorNode::Kind node) {
  for (const ExternalFactor::Effect& effect : factor.effects()) {
    if (effect.node() == node) return &effect;
  }
  return nullptr;
}

void CheckEffects(const ExternalFactor& factor,
                  std::vector<FieldViolation>& violations) {
  std::set<int> seen;
  for (int i = 0; i < factor.effects_size(); ++i) {
    const FactorNode::Kind node = factor.effects(i).node();
    const std::string at =
        absl::StrCat("external_factor.effects[", i, "].node");
    if (node == FactorNode::FACTOR) {
      violations.push_back({at, "must be EXPERIENCE or PLANNING."});
    } else if (!seen.insert(node).second) {
      violations.push_back({at, "has an effect already."});
    }
  }
}

}  // namespace

absl::Status PrepareExternalFactor(const ExternalFactor* /*before*/,
                                   ExternalFactor& after,
                                   const RuleContext& /*context*/) {
  std::vector<FieldViolation> violations;
  if (after.subjects().empty() && after.segments().empty()) {
    violations.push_back({"external_factor.subjects",
                          "must name a resource, or segments one segment."});
  }
  if (after.has_end_date() &&
      StartOf(after.end_date()) < StartOf(after.observed_date())) {
    violations.push_back(
        {"external_factor.end_date", "must not be before observed_date."});
  }
  CheckEffects(after, violations);
  return violations.empty() ? absl::OkStatus() : BadRequest(violations);
}

bool IsInForce(const ExternalFactor& factor, absl::Time instant) {
  if (instant < StartOf(factor.observed_date())) return false;
  return !factor.has_end_date() ||
         instant < StartOf(factor.end_date()) + absl::Hours(24);
}

bool Concerns(const ExternalFactor& factor,
              const v1::ComputeFactorGraphRequest& request) {
  const auto holds = [](const auto& values, const std::string& wanted) {
    return wanted.empty() ||
           std::find(values.begin(), values.end(), wanted) != values.end();
  };
  return holds(factor.subjects(), request.subject()) &&
         holds(factor.segments(), request.segment());
}

v1::ComputeFactorGraphResponse GraphOf(
    const std::vector<ExternalFactor>& factors) {
  v1::ComputeFactorGraphResponse graph;
  for (const FactorNode::Kind kind : kInfluenced) {
    FactorNode& node = *graph.add_nodes();
    node.set_kind(kind);
    node.set_display_name(NameOf(kind));
  }
  for (const ExternalFactor& factor : factors) {
    FactorNode& node = *graph.add_nodes();
    node.set_kind(FactorNode::FACTOR);
    node.set_external_factor(factor.name());
    node.set_display_name(factor.display_name());
    for (const FactorNode::Kind kind : kInfluenced) {
      v1::FactorEdge& edge = *graph.add_edges();
      edge.set_external_factor(factor.name());
      edge.set_to_node(kind);
      const ExternalFactor::Effect* effect = EffectOn(factor, kind);
      if (effect == nullptr) continue;
      edge.set_has_strength(true);
      edge.set_strength_millionths(effect->strength_millionths());
    }
  }
  return graph;
}

}  // namespace crm::analytical

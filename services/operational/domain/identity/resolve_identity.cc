#include "services/operational/domain/identity/resolve_identity.h"

#include <algorithm>
#include <cmath>

#include "absl/algorithm/container.h"
#include "services/operational/domain/identity/point_evidence.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::operational {
namespace {

using Kind = Evidence::Kind;

bool Has(const RankedCandidate& candidate, Kind kind) {
  return absl::c_any_of(candidate.evidence, [kind](const Evidence& evidence) {
    return evidence.kind == kind;
  });
}

bool SaysNothing(const Identity& identity) {
  return identity.points.empty() &&
         absl::c_all_of(identity.attributes, [](const auto& attribute) {
           return attribute.second.empty();
         });
}

absl::Status CheckQuestion(const Identity& asked,
                           std::span<const Identity> candidates,
                           const ResolutionPolicy& policy) {
  CRM_RETURN_IF_ERROR(ValidateDuplicateRule(policy.rule));
  std::vector<FieldViolation> violations;
  if (SaysNothing(asked)) {
    violations.push_back(
        {"identifiers", "must name a contact point or an attribute."});
  }
  if (asked.points.size() > kMaxContactPoints) {
    violations.push_back({"identifiers", "must be at most 500."});
  }
  if (candidates.size() > kMaxResolutionCandidates) {
    violations.push_back({"candidates", "must be at most 1000."});
  }
  if (!policy.rule.prior.has_value()) {
    violations.push_back({"rule.prior", "must be set."});
  }
  if (!(policy.possible_from > 0 &&
        policy.possible_from <= policy.existing_from &&
        policy.existing_from > 0.5 && policy.existing_from < 1)) {
    violations.push_back(
        {"existing_from",
         "must be more than 0.5, less than 1 and at least possible_from."});
  }
  return violations.empty() ? absl::OkStatus() : BadRequest(violations);
}

RankedCandidate Compare(const Identity& asked, const Identity& known,
                        const DuplicateRule& rule) {
  RankedCandidate candidate{.customer = known.customer, .evidence = {}};
  candidate.evidence = ComparePoints(asked.points, known.points);
  candidate.excluded = Has(candidate, Kind::kOtherVerifiedId);
  for (const Evidence& evidence : candidate.evidence) {
    candidate.score += evidence.weight;
  }
  const DuplicateScore attributes = ScoreDuplicate(
      rule, {"", asked.attributes}, {known.customer, known.attributes});
  candidate.score += attributes.score;
  for (const DuplicateReason& reason : attributes.reasons) {
    if (reason.agreement == Agreement::kMissing) continue;
    candidate.evidence.push_back({.kind = Kind::kAttribute,
                                  .subject = reason.field,
                                  .agreement = reason.agreement,
                                  .weight = reason.weight});
  }
  return candidate;
}

// Gives each its share of the odds of all and of none.
void SetConfidence(double prior, std::vector<RankedCandidate>& candidates) {
  const double log_odds = std::log2(prior / (1 - prior));
  double most = 0;
  for (const RankedCandidate& candidate : candidates) {
    most = std::max(most, log_odds + candidate.score);
  }
  double sum = std::exp2(-most);
  for (RankedCandidate& candidate : candidates) {
    candidate.confidence = std::exp2(log_odds + candidate.score - most);
    sum += candidate.confidence;
  }
  for (RankedCandidate& candidate : candidates) candidate.confidence /= sum;
}

bool IsBetter(const RankedCandidate& a, const RankedCandidate& b) {
  return a.score != b.score ? a.score > b.score : a.customer < b.customer;
}

// Requires the best candidate first.
void Decide(const ResolutionPolicy& policy, Resolution& resolution) {
  const std::vector<RankedCandidate>& candidates = resolution.candidates;
  if (candidates.empty()) return;
  const auto proofs =
      absl::c_count_if(candidates, [](const RankedCandidate& candidate) {
        return Has(candidate, Kind::kVerifiedPoint);
      });
  const RankedCandidate& best = candidates.front();
  // Proof of one customer is not weighed against the likeness of another, but
  // against other proof.
  if (best.excluded || proofs > 1 || best.confidence < policy.existing_from) {
    resolution.decision = ResolutionDecision::kAmbiguous;
    return;
  }
  resolution.decision = ResolutionDecision::kExisting;
  resolution.customer = best.customer;
}

}  // namespace

absl::StatusOr<Resolution> ResolveIdentity(const Identity& asked,
                                           std::span<const Identity> candidates,
                                           const ResolutionPolicy& policy) {
  CRM_RETURN_IF_ERROR(CheckQuestion(asked, candidates, policy));
  std::vector<RankedCandidate> ranked;
  for (const Identity& known : candidates) {
    ranked.push_back(Compare(asked, known, policy.rule));
  }
  SetConfidence(*policy.rule.prior, ranked);
  std::sort(ranked.begin(), ranked.end(), IsBetter);
  Resolution resolution;
  for (RankedCandidate& candidate : ranked) {
    if (candidate.confidence >= policy.possible_from ||
        Has(candidate, Kind::kVerifiedPoint)) {
      resolution.candidates.push_back(std::move(candidate));
    }
  }
  Decide(policy, resolution);
  return resolution;
}

}  // namespace crm::operational

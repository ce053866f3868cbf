#include "services/operational/handlers/identity.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/customer.pb.h"
#include "crm/operational/v1/identifier.pb.h"
#include "services/operational/domain/identity/contact_point.h"
#include "services/operational/domain/identity/resolve_identity.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/reflect/resource_name.h"

namespace crm::operational {
namespace {

constexpr char kName[] = "name";

// The weights of a name are of rates usual for names: two records of a person
// agree on it nine times of ten, two people by chance once in some hundreds.
ResolutionPolicy DefaultPolicy() {
  ResolutionPolicy policy;
  policy.rule.keys = {{{.field = kName}}};
  policy.rule.fields = {{.field = kName,
                         .comparator = Comparator::kJaroWinkler,
                         .weights = {8, 5, -3}}};
  policy.rule.match_from = 8;
  policy.rule.possible_from = 5;
  policy.rule.prior = 1e-4;
  return policy;
}

std::vector<RawContactPoint> PointsOf(
    const v1::ResolveIdentityRequest& request) {
  std::vector<RawContactPoint> points;
  for (const auto& [type, values] :
       {std::pair{v1::Identifier::EMAIL, &request.emails()},
        {v1::Identifier::PHONE, &request.phones()},
        {v1::Identifier::WEB_DOMAIN, &request.web_domains()},
        {v1::Identifier::EXTERNAL_ID, &request.external_ids()}}) {
    for (const std::string& value : *values) {
      points.push_back({.type = type, .value = value});
    }
  }
  return points;
}

absl::StatusOr<Identity> AskedOf(const v1::ResolveIdentityRequest& request) {
  Identity asked;
  CRM_ASSIGN_OR_RETURN(
      std::vector<ContactPoint> points,
      NormalizeContactPoints(PointsOf(request), request.region_code()));
  if (points.empty()) {
    return BadField("emails", "or another contact point is required.");
  }
  for (ContactPoint& point : points) {
    asked.points.push_back({std::move(point), request.verified()});
  }
  asked.attributes[kName] = NameKey(request.display_name());
  return asked;
}

// Returns the customers that have one of the points, as far as the caller may
// read them.
absl::StatusOr<std::set<std::string>> CandidatesOf(const ReadView& view,
                                                   const Identity& asked) {
  std::set<std::string> customers;
  for (const KnownPoint& known : asked.points) {
    CRM_ASSIGN_OR_RETURN(
        const std::vector<v1::Identifier> found,
        view.Select<v1::Identifier>("match_key", known.point.match_key));
    for (const v1::Identifier& identifier : found) {
      if (identifier.type() == known.point.type &&
          identifier.state() != v1::Identifier::RETIRED) {
        customers.insert(std::string(ParentOf(identifier.name())));
      }
    }
  }
  return customers;
}

absl::StatusOr<Identity> IdentityOf(const ReadView& view,
                                    const v1::Customer& customer) {
  Identity identity;
  identity.customer = customer.name();
  identity.attributes[kName] = NameKey(customer.display_name());
  CRM_ASSIGN_OR_RETURN(const std::vector<v1::Identifier> identifiers,
                       view.Children<v1::Identifier>(customer.name()));
  for (const v1::Identifier& identifier : identifiers) {
    if (identifier.state() == v1::Identifier::RETIRED) continue;
    identity.points.push_back({{.type = identifier.type(),
                                .value = identifier.normalized_value(),
                                .match_key = identifier.match_key(),
                                .extension = ""},
                               identifier.state() == v1::Identifier::VERIFIED});
  }
  return identity;
}

// The enums of the rules have the order of those of the messages, whose first
// value is the unspecified one.
static_assert(static_cast<int>(ResolutionDecision::kAmbiguous) + 1 ==
              v1::ResolveIdentityResponse::AMBIGUOUS);
static_assert(static_cast<int>(Evidence::Kind::kAttribute) + 1 ==
              v1::IdentityEvidence::ATTRIBUTE);
static_assert(static_cast<int>(Agreement::kDiffer) + 1 ==
              v1::IdentityEvidence::DIFFER);

v1::ResolveIdentityResponse ResponseOf(const Resolution& resolution) {
  v1::ResolveIdentityResponse response;
  response.set_decision(static_cast<v1::ResolveIdentityResponse::Decision>(
      static_cast<int>(resolution.decision) + 1));
  response.set_customer(resolution.customer);
  for (const RankedCandidate& ranked : resolution.candidates) {
    v1::IdentityCandidate& candidate = *response.add_candidates();
    candidate.set_customer(ranked.customer);
    candidate.set_score(ranked.score);
    candidate.set_confidence(ranked.confidence);
    candidate.set_excluded(ranked.excluded);
    for (const Evidence& found : ranked.evidence) {
      v1::IdentityEvidence& evidence = *candidate.add_evidence();
      evidence.set_kind(static_cast<v1::IdentityEvidence::Kind>(
          static_cast<int>(found.kind) + 1));
      evidence.set_subject(found.subject);
      evidence.set_agreement(static_cast<v1::IdentityEvidence::Agreement>(
          static_cast<int>(found.agreement) + 1));
      evidence.set_weight(found.weight);
    }
  }
  return response;
}

}  // namespace

absl::StatusOr<v1::ResolveIdentityResponse> HandleResolveIdentity(
    const ReadView& view, const CallContext& /*call*/,
    const v1::ResolveIdentityRequest& request) {
  CRM_ASSIGN_OR_RETURN(const Identity asked, AskedOf(request));
  CRM_ASSIGN_OR_RETURN(const std::set<std::string> names,
                       CandidatesOf(view, asked));
  std::vector<Identity> candidates;
  for (const std::string& name : names) {
    const auto customer = view.GetLive<v1::Customer>(name);
    if (absl::IsNotFound(customer.status())) continue;
    CRM_RETURN_IF_ERROR(customer.status());
    // What is merged or erased is nobody any more.
    if (customer->state() != v1::Customer::ACTIVE) continue;
    CRM_ASSIGN_OR_RETURN(Identity identity, IdentityOf(view, *customer));
    candidates.push_back(std::move(identity));
  }
  CRM_ASSIGN_OR_RETURN(const Resolution resolution,
                       ResolveIdentity(asked, candidates, DefaultPolicy()));
  return ResponseOf(resolution);
}

}  // namespace crm::operational

// Which customer somebody is who gives contact points and says something of
// themselves: a known one, a new one, or one that nobody can tell.
//
// Pure, and so thread-safe. The caller finds the candidates, by match keys and
// blocking keys; this ranks them, says why, and decides.
//
// Each candidate has a score, the sum of log2(m / u) of what agrees. As at most
// one candidate is the customer, or none is, the confidence in one is its share
// of the odds of all: two candidates that are equally good get at most a half
// each, and so are ambiguous.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_RESOLVE_IDENTITY_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_RESOLVE_IDENTITY_H_

#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/operational/domain/identity/contact_point.h"
#include "services/operational/domain/identity/duplicate_rule.h"
#include "services/operational/domain/identity/duplicate_score.h"

namespace crm::operational {

// The most customers that are ranked for one question.
inline constexpr size_t kMaxResolutionCandidates = 1000;

struct KnownPoint {
  ContactPoint point;
  // Proved to be theirs: by the asker's login, or as Identifier.VERIFIED.
  bool verified = false;
};

// Who asks, or a customer that it may be.
struct Identity {
  // Of a candidate, its name.
  std::string customer;
  std::vector<KnownPoint> points;
  // What the rule compares. No contact points, which are judged by themselves.
  FieldValues attributes;
};

struct ResolutionPolicy {
  // How attributes are weighed; its prior is the probability that a candidate
  // is the customer before anything is compared. Must be valid and have one.
  DuplicateRule rule;
  // From which confidence on a candidate is taken, and down to which it is
  // looked at.
  double existing_from = 0.95;
  double possible_from = 0.05;
};

// Something that speaks for a candidate, or against it.
struct Evidence {
  enum class Kind {
    // The same contact point, verified on both sides: proof.
    kVerifiedPoint,
    // The same contact point, not verified on both sides.
    kSamePoint,
    // Contact points that reach the same place, as by the rules of a provider.
    kSameKey,
    // Verified ids of one issuer that differ: two customers of that issuer.
    kOtherVerifiedId,
    // An attribute that the rule compares.
    kAttribute,
  };

  Kind kind = Kind::kAttribute;
  // The type of the contact point, as `EMAIL`, or the attribute.
  std::string subject;
  Agreement agreement = Agreement::kAgree;
  double weight = 0;
};

struct RankedCandidate {
  std::string customer;
  double score = 0;
  double confidence = 0;
  // Whether verified ids say that it is another customer: it is never taken.
  bool excluded = false;
  std::vector<Evidence> evidence;
};

enum class ResolutionDecision { kExisting, kNew, kAmbiguous };

struct Resolution {
  ResolutionDecision decision = ResolutionDecision::kNew;
  // Of kExisting, the customer.
  std::string customer;
  // Those that are possible, the best first.
  std::vector<RankedCandidate> candidates;
};

// Resolves `asked` among `candidates`.
//
// A point that is verified on both sides decides, unless another candidate has
// one too, or an id excludes the customer; then it is ambiguous. Otherwise the
// best candidate is taken from `existing_from` on, unless an id excludes it. If
// no candidate is possible, the customer is new.
//
// Returns INVALID_ARGUMENT if nothing is given to go by (a question without
// content must not find anybody), there are too many candidates, or the policy
// is not valid.
absl::StatusOr<Resolution> ResolveIdentity(const Identity& asked,
                                           std::span<const Identity> candidates,
                                           const ResolutionPolicy& policy);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_RESOLVE_IDENTITY_H_

#include "services/operational/domain/identity/point_evidence.h"

#include <map>
#include <optional>
#include <set>
#include <string>

#include "absl/strings/str_split.h"

namespace crm::operational {
namespace {

using Type = v1::Identifier::Type;

// Outweighs everything that may speak against it.
constexpr double kProof = 60;
// Several people behind one number are told apart by the extension.
constexpr double kOtherExtension = 4;

// log2(m / u): how much likelier the same value is for one customer than for
// two. Ids and cards are given out once; an address may be a family's; a number
// is often an office's; a domain is shared by all who work there.
struct TypeWeights {
  Type type;
  double same;
  double same_key;
};
constexpr TypeWeights kWeights[] = {
    {v1::Identifier::EMAIL, 18, 14},
    {v1::Identifier::PHONE, 12, 12},
    {v1::Identifier::WEB_DOMAIN, 5, 5},
    {v1::Identifier::EXTERNAL_ID, 24, 24},
    {v1::Identifier::SOCIAL_HANDLE, 18, 18},
    {v1::Identifier::CARD, 22, 22},
};

const TypeWeights* WeightsOf(Type type) {
  for (const TypeWeights& weights : kWeights) {
    if (weights.type == type) return &weights;
  }
  return nullptr;
}

// A domain is no customer's alone, however well it is verified.
bool CanProve(Type type) { return type != v1::Identifier::WEB_DOMAIN; }

std::optional<Evidence> Compare(const KnownPoint& a, const KnownPoint& b) {
  const Type type = a.point.type;
  const TypeWeights* weights = WeightsOf(type);
  if (weights == nullptr || type != b.point.type) return std::nullopt;
  Evidence evidence{.subject = v1::Identifier::Type_Name(type)};
  if (a.point.value != b.point.value) {
    if (a.point.match_key != b.point.match_key) return std::nullopt;
    evidence.kind = Evidence::Kind::kSameKey;
    evidence.agreement = Agreement::kClose;
    evidence.weight = weights->same_key;
    return evidence;
  }
  if (a.point.extension != b.point.extension) {
    evidence.kind = Evidence::Kind::kSamePoint;
    evidence.agreement = Agreement::kClose;
    evidence.weight = kOtherExtension;
    return evidence;
  }
  const bool proof = a.verified && b.verified && CanProve(type);
  evidence.kind =
      proof ? Evidence::Kind::kVerifiedPoint : Evidence::Kind::kSamePoint;
  evidence.weight = proof ? kProof : weights->same;
  return evidence;
}

// The verified ids by issuer: "shop:4711" is one of "shop".
std::map<std::string, std::set<std::string>> VerifiedIds(
    std::span<const KnownPoint> points) {
  std::map<std::string, std::set<std::string>> ids;
  for (const KnownPoint& known : points) {
    if (!known.verified || known.point.type != v1::Identifier::EXTERNAL_ID) {
      continue;
    }
    const std::pair<std::string, std::string> parts =
        absl::StrSplit(known.point.value, absl::MaxSplits(':', 1));
    if (!parts.second.empty()) ids[parts.first].insert(parts.second);
  }
  return ids;
}

bool HaveCommon(const std::set<std::string>& a,
                const std::set<std::string>& b) {
  for (const std::string& id : a) {
    if (b.contains(id)) return true;
  }
  return false;
}

}  // namespace

std::vector<Evidence> ComparePoints(std::span<const KnownPoint> asked,
                                    std::span<const KnownPoint> known) {
  std::map<std::string, Evidence> best;
  for (const KnownPoint& a : asked) {
    for (const KnownPoint& b : known) {
      std::optional<Evidence> evidence = Compare(a, b);
      if (!evidence.has_value()) continue;
      const auto [found, added] =
          best.try_emplace(evidence->subject, *evidence);
      if (!added && found->second.weight < evidence->weight) {
        found->second = *std::move(evidence);
      }
    }
  }
  std::vector<Evidence> result;
  for (auto& [subject, evidence] : best) result.push_back(std::move(evidence));
  const auto others = VerifiedIds(known);
  for (const auto& [issuer, ids] : VerifiedIds(asked)) {
    const auto found = others.find(issuer);
    if (found == others.end() || HaveCommon(ids, found->second)) continue;
    result.push_back({.kind = Evidence::Kind::kOtherVerifiedId,
                      .subject = issuer,
                      .agreement = Agreement::kDiffer,
                      .weight = 0});
  }
  return result;
}

}  // namespace crm::operational

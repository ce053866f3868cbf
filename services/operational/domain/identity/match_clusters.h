// Makes groups of records that are one of pairs of records that match.
//
// Pairs are taken from the best down, so that a strong match comes before a
// weak one that contradicts it. Equal scores are taken by place, so that the
// result depends on nothing else. Pure.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_MATCH_CLUSTERS_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_MATCH_CLUSTERS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "services/operational/domain/identity/blocking.h"

namespace crm::operational {

struct MatchedPair {
  RecordPair pair;
  // How much speaks for its being one; what is less than 0 speaks against it.
  double score = 0;
};

// Larger groups are a fault of the rule rather than one customer.
inline constexpr size_t kMaxClusterSize = 100;

// Returns the pairs in which each record is at most once: for two lists that
// have no duplicates in themselves.
std::vector<MatchedPair> KeepOneToOne(std::vector<MatchedPair> matches);

// Returns the groups of two and more, each in order: connected by `matches`,
// but for a match that would put a pair of `apart` into one group (two
// different verified identifiers, say), or make one of more than
// kMaxClusterSize. `doubts` are pairs that were compared and are no matches:
// two groups become one only while all matches and doubts between them add up
// to more than 0, so that one match does not outweigh several that speak
// against it.
std::vector<std::vector<uint32_t>> ClusterMatches(
    std::vector<MatchedPair> matches, std::span<const MatchedPair> doubts,
    std::span<const RecordPair> apart);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_MATCH_CLUSTERS_H_

#include "services/operational/domain/identity/match_clusters.h"

#include <algorithm>
#include <map>
#include <set>

namespace crm::operational {
namespace {

void SortBestFirst(std::vector<MatchedPair>& matches) {
  std::sort(matches.begin(), matches.end(),
            [](const MatchedPair& a, const MatchedPair& b) {
              return a.score != b.score ? a.score > b.score : a.pair < b.pair;
            });
}

using Group = std::vector<uint32_t>;

RecordPair InOrder(uint32_t a, uint32_t b) {
  return {std::min(a, b), std::max(a, b)};
}

// What is known of pairs: how much speaks for each, and which are two.
struct Evidence {
  std::map<RecordPair, double> scores;
  std::set<RecordPair> apart;
};

bool MayJoin(const Group& a, const Group& b, const Evidence& evidence) {
  if (a.size() + b.size() > kMaxClusterSize) return false;
  double sum = 0;
  for (const uint32_t first : a) {
    for (const uint32_t second : b) {
      const RecordPair pair = InOrder(first, second);
      if (evidence.apart.contains(pair)) return false;
      const auto found = evidence.scores.find(pair);
      if (found != evidence.scores.end()) sum += found->second;
    }
  }
  return sum > 0;
}

}  // namespace

std::vector<MatchedPair> KeepOneToOne(std::vector<MatchedPair> matches) {
  SortBestFirst(matches);
  std::set<uint32_t> taken;
  std::vector<MatchedPair> kept;
  for (const MatchedPair& match : matches) {
    if (taken.contains(match.pair.first) || taken.contains(match.pair.second)) {
      continue;
    }
    taken.insert(match.pair.first);
    taken.insert(match.pair.second);
    kept.push_back(match);
  }
  return kept;
}

std::vector<std::vector<uint32_t>> ClusterMatches(
    std::vector<MatchedPair> matches, std::span<const MatchedPair> doubts,
    std::span<const RecordPair> apart) {
  SortBestFirst(matches);
  Evidence evidence;
  for (const MatchedPair& match : matches) {
    evidence.scores[InOrder(match.pair.first, match.pair.second)] = match.score;
  }
  for (const MatchedPair& doubt : doubts) {
    evidence.scores[InOrder(doubt.pair.first, doubt.pair.second)] = doubt.score;
  }
  for (const RecordPair& pair : apart) {
    evidence.apart.insert(InOrder(pair.first, pair.second));
  }
  // Which group each record is in; a group is named by one of its records.
  std::map<uint32_t, uint32_t> group_of;
  std::map<uint32_t, Group> groups;
  const auto group_for = [&](uint32_t record) {
    if (group_of.emplace(record, record).second) groups[record] = {record};
    return group_of[record];
  };
  for (const MatchedPair& match : matches) {
    const uint32_t into = group_for(match.pair.first);
    const uint32_t from = group_for(match.pair.second);
    if (into == from || !MayJoin(groups[into], groups[from], evidence)) {
      continue;
    }
    for (const uint32_t record : groups[from]) group_of[record] = into;
    Group& group = groups[into];
    group.insert(group.end(), groups[from].begin(), groups[from].end());
    groups.erase(from);
  }
  std::vector<Group> result;
  for (auto& [name, group] : groups) {
    if (group.size() < 2) continue;
    std::sort(group.begin(), group.end());
    result.push_back(std::move(group));
  }
  std::sort(result.begin(), result.end());
  return result;
}

}  // namespace crm::operational

#include "tests/services/operational/domain/identity/labelled_records.h"

#include <cstdlib>
#include <fstream>
#include <map>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/operational/domain/identity/duplicate_score.h"
#include "services/operational/domain/identity/match_clusters.h"

namespace crm::operational::testing {
namespace {

// rec-223-dup-0 -> 223
int PersonOf(const std::string& id) {
  const std::vector<std::string> parts = absl::StrSplit(id, '-');
  int number = 0;
  if (parts.size() < 3 || !absl::SimpleAtoi(parts[1], &number)) std::abort();
  return number;
}

Quality Judge(const LabelledRecords& data, int64_t taken, int64_t right) {
  std::map<int, int64_t> sizes;
  for (const int person : data.person) ++sizes[person];
  int64_t all = 0;
  for (const auto& [person, size] : sizes) all += size * (size - 1) / 2;
  Quality quality{.taken = taken};
  const auto correct = static_cast<double>(right);
  quality.precision = taken > 0 ? correct / static_cast<double>(taken) : 1;
  quality.recall = correct / static_cast<double>(all);
  quality.f1 = 2 * correct / static_cast<double>(taken + all);
  return quality;
}

}  // namespace

std::optional<LabelledRecords> ReadFebrl() {
  const char* folder = std::getenv("CRM_REFERENCE_DATA");
  std::ifstream input(
      absl::StrCat(folder == nullptr ? CRM_DEFAULT_REFERENCE_DATA : folder,
                   "/febrl/dataset1.csv"));
  if (!input) return std::nullopt;
  LabelledRecords data;
  std::vector<std::string> header;
  for (std::string line; std::getline(input, line);) {
    std::vector<std::string> cells = absl::StrSplit(line, ',');
    for (std::string& cell : cells) absl::StripAsciiWhitespace(&cell);
    if (header.empty()) {
      header = cells;
      continue;
    }
    MatchRecord record{.name = cells[0], .values = {}};
    for (size_t i = 1; i < cells.size(); ++i)
      record.values[header[i]] = cells[i];
    data.person.push_back(PersonOf(record.name));
    data.records.push_back(std::move(record));
  }
  return data;
}

Quality JudgeGroups(const LabelledRecords& data,
                    const std::vector<std::vector<uint32_t>>& groups) {
  std::vector<RecordPair> pairs;
  for (const std::vector<uint32_t>& group : groups) {
    for (size_t i = 0; i < group.size(); ++i) {
      for (size_t j = i + 1; j < group.size(); ++j) {
        pairs.push_back({group[i], group[j]});
      }
    }
  }
  return JudgePairs(data, pairs);
}

Quality JudgePairs(const LabelledRecords& data,
                   const std::vector<RecordPair>& pairs) {
  int64_t right = 0;
  for (const RecordPair& pair : pairs) {
    if (data.person[pair.first] == data.person[pair.second]) ++right;
  }
  return Judge(data, static_cast<int64_t>(pairs.size()), right);
}

std::vector<std::vector<uint32_t>> GroupBy(
    const DuplicateRule& rule, const LabelledRecords& data,
    const std::vector<RecordPair>& pairs) {
  const double even = EvenScore(rule.prior.value_or(0.5));
  std::vector<MatchedPair> matches;
  std::vector<MatchedPair> doubts;
  for (const RecordPair& pair : pairs) {
    const DuplicateScore score = ScoreDuplicate(rule, data.records[pair.first],
                                                data.records[pair.second]);
    const bool is_match = score.verdict == DuplicateVerdict::kMatch;
    (is_match ? matches : doubts).push_back({pair, score.score - even});
  }
  return ClusterMatches(std::move(matches), doubts, /*apart=*/{});
}

}  // namespace crm::operational::testing

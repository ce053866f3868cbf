#include "services/operational/domain/identity/agreement_pattern.h"

#include <algorithm>

#include "services/operational/domain/identity/duplicate_score.h"

namespace crm::operational {
namespace {

constexpr size_t kSampledPairs = 20'000;
constexpr int kBits = 2;

}  // namespace

Agreement AgreementAt(AgreementPattern pattern, size_t field) {
  return static_cast<Agreement>(pattern >> (kBits * field) & 3);
}

AgreementPattern PatternOf(const DuplicateRule& rule, const MatchRecord& a,
                           const MatchRecord& b) {
  AgreementPattern pattern = 0;
  for (size_t i = 0; i < rule.fields.size(); ++i) {
    const FieldComparison& comparison = rule.fields[i];
    const Agreement agreement = CompareField(
        comparison, ValueOf(a, comparison.field), ValueOf(b, comparison.field));
    pattern |= static_cast<AgreementPattern>(agreement) << (kBits * i);
  }
  return pattern;
}

PatternCounts CountPatterns(const DuplicateRule& rule,
                            std::span<const MatchRecord> records,
                            std::span<const RecordPair> pairs) {
  PatternCounts counts;
  for (const RecordPair& pair : pairs) {
    ++counts[PatternOf(rule, records[pair.first], records[pair.second])];
  }
  return counts;
}

std::vector<RecordPair> SamplePairs(size_t record_count) {
  std::vector<RecordPair> pairs;
  if (record_count < 2) return pairs;
  // Each record with the ones so many places behind it, at even steps; records
  // that lie side by side may well be no pair at random.
  const size_t wanted =
      std::clamp<size_t>(kSampledPairs / record_count, 1, record_count - 1);
  const size_t step = record_count / (wanted + 1);
  const size_t stride = std::max<size_t>(1, record_count / kSampledPairs);
  for (size_t k = 1; k <= wanted; ++k) {
    const size_t distance = std::max<size_t>(1, k * std::max<size_t>(1, step));
    for (size_t i = 0; i + distance < record_count; i += stride) {
      pairs.push_back(
          {static_cast<uint32_t>(i), static_cast<uint32_t>(i + distance)});
    }
  }
  return pairs;
}

}  // namespace crm::operational

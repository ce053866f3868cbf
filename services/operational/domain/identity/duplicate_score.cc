#include "services/operational/domain/identity/duplicate_score.h"

#include <algorithm>
#include <cmath>

#include "services/operational/domain/identity/string_similarity.h"

namespace crm::operational {
namespace {

// What equal sounds of different texts are worth.
constexpr double kSameSound = 0.9;

DuplicateVerdict Judge(const DuplicateRule& rule, double score) {
  if (score >= rule.match_from) return DuplicateVerdict::kMatch;
  if (score >= rule.possible_from) return DuplicateVerdict::kPossible;
  return DuplicateVerdict::kDistinct;
}

double PhoneticSimilarity(absl::string_view a, absl::string_view b) {
  if (a == b) return 1;
  const std::string sound = Soundex(a);
  return !sound.empty() && sound == Soundex(b) ? kSameSound : 0;
}

Agreement Level(const FieldComparison& comparison, absl::string_view a,
                absl::string_view b, double similarity) {
  if (a.empty() || b.empty()) return Agreement::kMissing;
  if (a == b) return Agreement::kAgree;
  return similarity >= comparison.close_from ? Agreement::kClose
                                             : Agreement::kDiffer;
}

// Whether people who share are the likelier reason of what agrees than chance.
bool IsRatherRelated(const DuplicateRule& rule, double strangers,
                     double related) {
  const double share = rule.related_share;
  return share > 0 &&
         std::log2(share) - related > std::log2(1 - share) - strangers;
}

void Explain(const DuplicateRule& rule, bool related,
             std::vector<DuplicateReason>& reasons) {
  for (size_t i = 0; i < reasons.size(); ++i) {
    if (reasons[i].agreement == Agreement::kMissing) continue;
    const ByAgreement& weights =
        related ? rule.fields[i].related_weights : rule.fields[i].weights;
    reasons[i].weight = weights[static_cast<size_t>(reasons[i].agreement)];
  }
}

}  // namespace

double Similarity(Comparator comparator, absl::string_view a,
                  absl::string_view b) {
  if (a.empty() || b.empty()) return 0;
  switch (comparator) {
    case Comparator::kExact:
      return a == b ? 1 : 0;
    case Comparator::kJaroWinkler:
      return JaroWinklerSimilarity(a, b);
    case Comparator::kLevenshtein:
      return LevenshteinSimilarity(a, b);
    case Comparator::kDamerau:
      return DamerauSimilarity(a, b);
    case Comparator::kDate:
      return DateSimilarity(a, b);
    case Comparator::kPhonetic:
      return PhoneticSimilarity(a, b);
  }
  return 0;
}

Agreement CompareField(const FieldComparison& comparison, absl::string_view a,
                       absl::string_view b) {
  return Level(comparison, a, b, Similarity(comparison.comparator, a, b));
}

absl::string_view ValueOf(const MatchRecord& record, absl::string_view field) {
  const auto found = record.values.find(field);
  return found == record.values.end() ? absl::string_view() : found->second;
}

double Posterior(double prior, double score) {
  return 1 / (1 + (1 - prior) / prior * std::exp2(-score));
}

double EvenScore(double prior) { return std::log2((1 - prior) / prior); }

double CombineScores(double strangers, double related, double related_share) {
  if (related_share == 0) return strangers;
  const double a = std::log2(1 - related_share) - strangers;
  const double b = std::log2(related_share) - related;
  const double more = std::max(a, b);
  return -(more + std::log2(std::exp2(a - more) + std::exp2(b - more)));
}

DuplicateScore ScoreDuplicate(const DuplicateRule& rule, const MatchRecord& a,
                              const MatchRecord& b) {
  DuplicateScore result;
  double strangers = 0;
  double related = 0;
  for (const FieldComparison& comparison : rule.fields) {
    const absl::string_view first = ValueOf(a, comparison.field);
    const absl::string_view second = ValueOf(b, comparison.field);
    DuplicateReason reason{.field = comparison.field};
    reason.similarity = Similarity(comparison.comparator, first, second);
    reason.agreement = Level(comparison, first, second, reason.similarity);
    if (reason.agreement != Agreement::kMissing) {
      const auto level = static_cast<size_t>(reason.agreement);
      strangers += comparison.weights[level];
      related += comparison.related_weights[level];
    }
    result.reasons.push_back(std::move(reason));
  }
  result.score = CombineScores(strangers, related, rule.related_share);
  Explain(rule, IsRatherRelated(rule, strangers, related), result.reasons);
  if (rule.prior.has_value()) {
    result.confidence = Posterior(*rule.prior, result.score);
  }
  result.verdict = Judge(rule, result.score);
  return result;
}

}  // namespace crm::operational

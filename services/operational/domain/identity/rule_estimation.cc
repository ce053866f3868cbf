#include "services/operational/domain/identity/rule_estimation.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <map>

#include "absl/strings/str_cat.h"
#include "services/operational/domain/identity/agreement_pattern.h"
#include "services/operational/domain/identity/duplicate_score.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::operational {
namespace {

// Where the estimate starts: most values of a match agree.
constexpr ByAgreement kFirstMatchRates = {0.85, 0.1, 0.05};
// The share of matches, and of related people, among the pairs within blocks.
constexpr double kFirstShare = 0.3;
// As if this many pairs of each level had been seen besides: no rate is 0.
constexpr double kSmoothing = 0.5;
constexpr double kConverged = 1e-8;

// What a pair may be. Winkler (1993) adds the second: people of one household
// agree on more than strangers do, and would be taken for matches.
enum Kind { kMatch, kRelated, kStrangers };
constexpr size_t kKinds = 3;

struct Model {
  // By kind and field.
  std::array<std::vector<ByAgreement>, kKinds> rates;
  // The shares of the kinds among all pairs, also those in no block.
  std::array<double, kKinds> shares = {};
  // How many pairs are in no block.
  double unseen = 0;
};

ByAgreement Shares(const ByAgreement& counts) {
  double sum = 0;
  for (const double count : counts) sum += count + kSmoothing;
  ByAgreement shares;
  for (size_t level = 0; level < kAgreementLevels; ++level) {
    shares[level] = (counts[level] + kSmoothing) / sum;
  }
  return shares;
}

double LogLikelihood(const std::vector<ByAgreement>& rates,
                     AgreementPattern pattern) {
  double sum = 0;
  for (size_t i = 0; i < rates.size(); ++i) {
    const Agreement agreement = AgreementAt(pattern, i);
    if (agreement == Agreement::kMissing) continue;
    sum += std::log2(rates[i][static_cast<size_t>(agreement)]);
  }
  return sum;
}

// Returns the probability of each kind for pairs with `pattern`.
std::array<double, kKinds> Posteriors(const Model& model,
                                      AgreementPattern pattern) {
  std::array<double, kKinds> logs;
  for (size_t kind = 0; kind < kKinds; ++kind) {
    logs[kind] = std::log2(model.shares[kind]) +
                 LogLikelihood(model.rates[kind], pattern);
  }
  const double most = *std::max_element(logs.begin(), logs.end());
  double sum = 0;
  for (double& value : logs) {
    value = std::exp2(value - most);
    sum += value;
  }
  for (double& value : logs) value /= sum;
  return logs;
}

std::vector<ByAgreement> CountLevels(
    const PatternCounts& counts, size_t fields,
    const std::function<double(AgreementPattern)>& weight) {
  std::vector<ByAgreement> levels(fields, ByAgreement{});
  for (const auto& [pattern, count] : counts) {
    const double weighted = weight(pattern) * static_cast<double>(count);
    for (size_t i = 0; i < fields; ++i) {
      const Agreement agreement = AgreementAt(pattern, i);
      if (agreement == Agreement::kMissing) continue;
      levels[i][static_cast<size_t>(agreement)] += weighted;
    }
  }
  return levels;
}

// One step of expectation and maximisation. Returns how much the rates changed.
double Improve(const DuplicateRule& rule, const PatternCounts& counts,
               Model& model) {
  std::map<AgreementPattern, std::array<double, kKinds>> posteriors;
  // Pairs in no block are of strangers, but for the few that the keys miss.
  std::array<double, kKinds> sums = {0, 0, model.unseen};
  double all = model.unseen;
  for (const auto& [pattern, count] : counts) {
    const auto& posterior = posteriors[pattern] = Posteriors(model, pattern);
    for (size_t kind = 0; kind < kKinds; ++kind) {
      sums[kind] += posterior[kind] * static_cast<double>(count);
    }
    all += static_cast<double>(count);
  }
  double change = 0;
  for (size_t kind = 0; kind < kKinds; ++kind) {
    if (model.shares[kind] == 0) continue;
    model.shares[kind] =
        (sums[kind] + kSmoothing) / (all + kSmoothing * kKinds);
    // Those of strangers are known, from pairs at random: in blocks they are
    // not at random.
    if (kind == kStrangers) continue;
    const auto levels = CountLevels(
        counts, rule.fields.size(),
        [&](AgreementPattern pattern) { return posteriors[pattern][kind]; });
    for (size_t i = 0; i < rule.fields.size(); ++i) {
      // On the others, related people agree only by chance: this is what makes
      // them no match.
      if (kind == kRelated && !rule.fields[i].shared) continue;
      const ByAgreement rates = Shares(levels[i]);
      for (size_t level = 0; level < kAgreementLevels; ++level) {
        change = std::max(change,
                          std::abs(rates[level] - model.rates[kind][i][level]));
      }
      model.rates[kind][i] = rates;
    }
  }
  return change;
}

// Returns the model at the start, which knows the rates of pairs at random.
Model FirstModel(const DuplicateRule& rule,
                 const std::vector<ByAgreement>& random, double seen,
                 double all) {
  Model model;
  model.unseen = all - seen;
  size_t shared = 0;
  for (size_t i = 0; i < rule.fields.size(); ++i) {
    const ByAgreement by_chance = Shares(random[i]);
    model.rates[kMatch].push_back(kFirstMatchRates);
    model.rates[kRelated].push_back(rule.fields[i].shared ? kFirstMatchRates
                                                          : by_chance);
    model.rates[kStrangers].push_back(by_chance);
    if (rule.fields[i].shared) ++shared;
  }
  const double first = kFirstShare * seen / all;
  // Else nothing would tell the related from the others.
  const bool knows_related = shared > 0 && shared < rule.fields.size();
  model.shares = {first, knows_related ? first : 0, 0};
  model.shares[kStrangers] = 1 - model.shares[kMatch] - model.shares[kRelated];
  return model;
}

void SetWeights(const Model& model, RuleEstimate& estimate) {
  DuplicateRule& rule = estimate.rule;
  for (size_t i = 0; i < rule.fields.size(); ++i) {
    const AgreementRates rates = {model.rates[kMatch][i],
                                  model.rates[kRelated][i],
                                  model.rates[kStrangers][i]};
    FieldComparison& field = rule.fields[i];
    for (size_t level = 0; level < kAgreementLevels; ++level) {
      field.weights[level] =
          std::log2(rates.match[level] / rates.strangers[level]);
      field.related_weights[level] =
          std::log2(rates.match[level] / rates.related[level]);
    }
    estimate.rates.push_back(rates);
  }
  rule.prior = model.shares[kMatch];
  rule.related_share = model.shares[kRelated] /
                       (model.shares[kRelated] + model.shares[kStrangers]);
}

double ScoreOf(const DuplicateRule& rule, AgreementPattern pattern) {
  double strangers = 0;
  double related = 0;
  for (size_t i = 0; i < rule.fields.size(); ++i) {
    const Agreement agreement = AgreementAt(pattern, i);
    if (agreement == Agreement::kMissing) continue;
    const auto level = static_cast<size_t>(agreement);
    strangers += rule.fields[i].weights[level];
    related += rule.fields[i].related_weights[level];
  }
  return CombineScores(strangers, related, rule.related_share);
}

// Sets the thresholds and says what they mean, from the best pattern down.
void SetThresholds(const PatternCounts& counts,
                   const EstimationOptions& options, RuleEstimate& estimate) {
  DuplicateRule& rule = estimate.rule;
  const double prior = *rule.prior;
  std::map<double, double, std::greater<>> pairs_by_score;
  double matches = 0;
  for (const auto& [pattern, count] : counts) {
    const double score = ScoreOf(rule, pattern);
    pairs_by_score[score] += static_cast<double>(count);
    matches += Posterior(prior, score) * static_cast<double>(count);
  }
  // What is less probable is never taken.
  const double even = EvenScore(prior);
  rule.possible_from =
      even + std::log2(options.min_possible / (1 - options.min_possible));
  // Above all of them, should not even the best be certain enough.
  rule.match_from = std::nextafter(pairs_by_score.begin()->first,
                                   std::numeric_limits<double>::infinity());
  double taken = 0;
  double right = 0;
  for (const auto& [score, pairs] : pairs_by_score) {
    const double more = Posterior(prior, score) * pairs;
    const double wrong = taken + pairs - right - more;
    if (score < even || wrong > options.max_false_matches * (taken + pairs)) {
      break;
    }
    taken += pairs;
    right += more;
    rule.match_from = score;
  }
  rule.match_from = std::max(rule.match_from, rule.possible_from);
  estimate.expected_precision = taken > 0 ? right / taken : 1;
  estimate.expected_recall = matches > 0 ? right / matches : 1;
}

absl::Status CheckOptions(const EstimationOptions& options) {
  std::vector<FieldViolation> violations;
  if (!(options.max_false_matches >= 0 && options.max_false_matches < 1)) {
    violations.push_back(
        {"max_false_matches", "must be at least 0 and less than 1."});
  }
  if (!(options.min_possible > 0 && options.min_possible < 1)) {
    violations.push_back(
        {"min_possible", "must be more than 0 and less than 1."});
  }
  return violations.empty() ? absl::OkStatus() : BadRequest(violations);
}

}  // namespace

absl::StatusOr<RuleEstimate> EstimateRule(DuplicateRule rule,
                                          std::span<const MatchRecord> records,
                                          std::span<const RecordPair> pairs,
                                          const EstimationOptions& options) {
  CRM_RETURN_IF_ERROR(ValidateDuplicateRule(rule));
  CRM_RETURN_IF_ERROR(CheckOptions(options));
  if (pairs.size() < kMinPairsToLearnFrom) {
    return FailedPrecondition(
        "TOO_FEW_PAIRS",
        absl::StrCat("There are ", pairs.size(),
                     " pairs to learn from; use keys that more records share, "
                     "or set the weights."));
  }
  const size_t fields = rule.fields.size();
  const PatternCounts counts = CountPatterns(rule, records, pairs);
  const PatternCounts random =
      CountPatterns(rule, records, SamplePairs(records.size()));
  const auto record_count = static_cast<double>(records.size());
  Model model = FirstModel(
      rule, CountLevels(random, fields, [](AgreementPattern) { return 1.0; }),
      static_cast<double>(pairs.size()), record_count * (record_count - 1) / 2);
  RuleEstimate estimate;
  double change = 1;
  while (change > kConverged && estimate.iterations < options.max_iterations) {
    change = Improve(rule, counts, model);
    ++estimate.iterations;
  }
  if (change > kConverged) {
    return FailedPrecondition(
        "ESTIMATE_NOT_CONVERGED",
        absl::StrCat("The rates still change after ", estimate.iterations,
                     " iterations; compare other fields, or set the weights."));
  }
  estimate.rule = std::move(rule);
  SetWeights(model, estimate);
  SetThresholds(counts, options, estimate);
  return estimate;
}

}  // namespace crm::operational

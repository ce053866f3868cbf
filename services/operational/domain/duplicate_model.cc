#include "services/operational/domain/duplicate_model.h"

#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/operational/domain/identity/blocking.h"
#include "services/operational/domain/identity/rule_estimation.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::operational {
namespace {

using Rule = v1::DuplicateRule;

constexpr double kMillion = 1'000'000;
constexpr int kDefaultSimilarity = 850'000;

Comparator ComparatorOf(v1::DuplicateComparison comparison) {
  switch (comparison) {
    case v1::FUZZY:
      return Comparator::kJaroWinkler;
    case v1::EDIT:
      return Comparator::kDamerau;
    case v1::PHONETIC:
      return Comparator::kPhonetic;
    default:
      return Comparator::kExact;
  }
}

KeyPart::Form FormOf(v1::DuplicateKeyForm form) {
  switch (form) {
    case v1::PREFIX:
      return KeyPart::Form::kPrefix;
    case v1::SOUNDEX:
      return KeyPart::Form::kSoundex;
    default:
      return KeyPart::Form::kWhole;
  }
}

// What is compared, and how; without weights.
DuplicateRule ComparisonsOf(const Rule& rule) {
  DuplicateRule match;
  match.keys = KeysOf(rule);
  for (const v1::DuplicateTerm& term : rule.terms()) {
    const int least = term.min_similarity_millionths() == 0
                          ? kDefaultSimilarity
                          : term.min_similarity_millionths();
    match.fields.push_back({.field = term.field(),
                            .comparator = ComparatorOf(term.comparison()),
                            .shared = term.shared(),
                            .close_from = least / kMillion});
  }
  return match;
}

void UseTerms(const Rule& rule, DuplicateRule& match) {
  for (int i = 0; i < rule.terms_size(); ++i) {
    const v1::DuplicateTerm& term = rule.terms(i);
    match.fields[static_cast<size_t>(i)].weights = {
        term.weight() / kMillion, term.close_weight() / kMillion,
        -term.differ_penalty() / kMillion};
  }
  match.match_from = rule.threshold_millionths() / kMillion;
  match.possible_from = match.match_from;
}

void UseModel(const v1::DuplicateModel& model, DuplicateRule& match) {
  for (int i = 0; i < model.weights_size(); ++i) {
    const v1::LearnedWeights& learnt = model.weights(i);
    FieldComparison& field = match.fields[static_cast<size_t>(i)];
    field.weights = {learnt.agrees(), learnt.close(), learnt.differs()};
    field.related_weights = {learnt.related_agrees(), learnt.related_close(),
                             learnt.related_differs()};
  }
  match.match_from = model.threshold();
  match.possible_from = model.threshold();
  match.prior = model.prior();
  match.related_share = model.related_share();
}

v1::DuplicateModel ModelOf(const RuleEstimate& estimate) {
  v1::DuplicateModel model;
  for (const FieldComparison& field : estimate.rule.fields) {
    v1::LearnedWeights& learnt = *model.add_weights();
    learnt.set_field(field.field);
    learnt.set_agrees(field.weights[0]);
    learnt.set_close(field.weights[1]);
    learnt.set_differs(field.weights[2]);
    learnt.set_related_agrees(field.related_weights[0]);
    learnt.set_related_close(field.related_weights[1]);
    learnt.set_related_differs(field.related_weights[2]);
  }
  model.set_threshold(estimate.rule.match_from);
  model.set_prior(*estimate.rule.prior);
  model.set_related_share(estimate.rule.related_share);
  model.set_expected_precision(estimate.expected_precision);
  model.set_expected_recall(estimate.expected_recall);
  return model;
}

}  // namespace

std::vector<BlockingKey> KeysOf(const Rule& rule) {
  std::vector<BlockingKey> keys;
  for (const v1::DuplicateBlockKey& key : rule.block_keys()) {
    BlockingKey& parts = keys.emplace_back();
    for (const v1::DuplicateKeyPart& part : key.parts()) {
      parts.push_back({.field = part.field(),
                       .form = FormOf(part.form()),
                       .length = static_cast<size_t>(part.length())});
    }
  }
  return keys;
}

DuplicateRule MatchRuleOf(const Rule& rule) {
  DuplicateRule match = ComparisonsOf(rule);
  if (rule.has_model() && rule.model().weights_size() == rule.terms_size()) {
    UseModel(rule.model(), match);
  } else {
    UseTerms(rule, match);
  }
  return match;
}

absl::Status CheckLearns(const Rule& rule) {
  if (rule.state() == Rule::DRAFT) return absl::OkStatus();
  return FailedPrecondition(
      "RULE_IN_USE",
      absl::StrCat("Duplicate rule '", rule.name(),
                   "' is no draft any more; make another one to learn."),
      rule.name());
}

absl::StatusOr<v1::DuplicateModel> LearnModel(
    const Rule& rule, std::span<const MatchRecord> records,
    size_t max_block_size) {
  const DuplicateRule comparisons = ComparisonsOf(rule);
  CRM_ASSIGN_OR_RETURN(
      CandidatePairs candidates,
      FindCandidatePairs(comparisons.keys, records, max_block_size));
  // Leaving out pairs alone would make matches seem rarer than they are.
  while (candidates.pairs.size() > kMaxLearntPairs) {
    records = records.first(records.size() / 2);
    CRM_ASSIGN_OR_RETURN(
        candidates,
        FindCandidatePairs(comparisons.keys, records, max_block_size));
  }
  CRM_ASSIGN_OR_RETURN(const RuleEstimate estimate,
                       EstimateRule(comparisons, records, candidates.pairs));
  v1::DuplicateModel model = ModelOf(estimate);
  model.set_resource_count(static_cast<int64_t>(records.size()));
  model.set_pair_count(static_cast<int64_t>(candidates.pairs.size()));
  return model;
}

}  // namespace crm::operational

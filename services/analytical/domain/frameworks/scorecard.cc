#include "services/analytical/domain/frameworks/scorecard.h"

#include <algorithm>
#include <set>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "services/analytical/domain/frameworks/correlation.h"
#include "services/analytical/domain/frameworks/metrics.h"
#include "services/analytical/domain/frameworks/weighted_mean.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/ratio.h"

namespace crm::analytical {
namespace {

using Evidence = v1::Scorecard::Evidence;

// What is said of evidence that is not there.
constexpr char kNoEvents[] = "NO_EVENTS";
constexpr char kNoResource[] = "NO_RESOURCE";
constexpr char kNothingCounted[] = "NOTHING_COUNTED";

// Returns value - millionths, times what makes it whole and positive factors.
absl::int128 Distance(const Quotient& value, int64_t millionths) {
  return value.numerator * kWhole - value.denominator * millionths;
}

int32_t WeightOf(const v1::Scorecard& scorecard, const Dimension& dimension) {
  for (const auto& weight : scorecard.weights()) {
    if (weight.dimension_id() == dimension.id) {
      return weight.weight_millionths();
    }
  }
  return dimension.weight;
}

Evidence EvidenceOf(const Criterion& criterion,
                    const Measurements& measurements, absl::Time start,
                    absl::Time end) {
  const Metric& metric = *FindMetric(criterion.metric);
  Evidence evidence;
  evidence.set_metric(std::string(metric.id));
  evidence.set_weight_millionths(criterion.weight);
  evidence.set_query(std::string(metric.id));
  *evidence.mutable_end_time() = ToTimestamp(end);
  if (metric.has_period) *evidence.mutable_start_time() = ToTimestamp(start);
  for (const absl::string_view source : metric.sources) {
    evidence.add_sources(std::string(source));
  }
  const auto found = measurements.find(criterion.metric);
  if (found == measurements.end()) {
    evidence.set_reason(metric.own ? kNoResource : kNoEvents);
    return evidence;
  }
  const Measurement& measurement = found->second;
  evidence.set_count(measurement.count);
  if (!measurement.sources.empty()) {
    evidence.clear_sources();
    for (const std::string& source : measurement.sources) {
      evidence.add_sources(source);
    }
  }
  if (measurement.value.has_value()) {
    evidence.set_measured(true);
    evidence.set_value(ToText(*measurement.value));
  } else {
    evidence.set_reason(kNothingCounted);
  }
  return evidence;
}

void AddEdge(const FrameworkData& framework, const Edge& edge,
             const Series& series, v1::Scorecard& scorecard) {
  auto& strength = *scorecard.add_edges();
  strength.set_from_dimension_id(std::string(edge.from));
  strength.set_to_dimension_id(std::string(edge.to));
  const auto months_of = [&](absl::string_view id) -> const MonthlyValues* {
    for (const Dimension& dimension : framework.dimensions) {
      if (dimension.id != id) continue;
      const auto found = series.find(dimension.series);
      return found == series.end() ? nullptr : &found->second;
    }
    return nullptr;
  };
  const MonthlyValues* from = months_of(edge.from);
  const MonthlyValues* to = months_of(edge.to);
  if (from == nullptr || to == nullptr) return;
  for (const auto& [month, value] : *from) {
    const auto other = to->find(month);
    if (other == to->end()) continue;
    strength.add_from_values(value);
    strength.add_to_values(other->second);
  }
}

void ScoreDimension(const Dimension& dimension,
                    v1::Scorecard::DimensionScore& score) {
  std::vector<WeightedPart> parts;
  for (Evidence& evidence : *score.mutable_evidence()) {
    WeightedPart& part = parts.emplace_back();
    part.weight_millionths = evidence.weight_millionths();
    evidence.clear_score_millionths();
    evidence.clear_below_standard();
    const auto criterion =
        absl::c_find_if(dimension.criteria, [&](const Criterion& candidate) {
          return candidate.metric == evidence.metric();
        });
    const std::optional<Quotient> value = ParseQuotient(evidence.value());
    if (!evidence.measured() || !value.has_value() ||
        criterion == dimension.criteria.end()) {
      continue;
    }
    evidence.set_score_millionths(ScoreOf(*criterion, *value));
    evidence.set_below_standard(MissesStandard(*criterion, *value));
    part.share = {evidence.score_millionths(), kWhole};
  }
  const WeightedMean mean = MeanOf(parts);
  score.set_has_score(mean.score_millionths.has_value());
  score.set_score_millionths(mean.score_millionths.value_or(0));
  score.set_coverage_millionths(mean.coverage_millionths);
}

}  // namespace

int32_t ScoreOf(const Criterion& criterion, const Quotient& value) {
  absl::int128 part = Distance(value, criterion.worst);
  absl::int128 whole = value.denominator * (criterion.best - criterion.worst);
  if (whole < 0) {
    part = -part;
    whole = -whole;
  }
  if (part <= 0) return 0;
  if (part >= whole) return kWhole;
  return static_cast<int32_t>(
      Scale(kWhole, {.numerator = static_cast<absl::uint128>(part),
                     .denominator = static_cast<absl::uint128>(whole)})
          .value_or(0));
}

bool MissesStandard(const Criterion& criterion, const Quotient& value) {
  const absl::int128 above = Distance(value, criterion.standard);
  return criterion.best > criterion.worst ? above < 0 : above > 0;
}

absl::Status CheckWeights(const FrameworkData& framework,
                          const v1::Scorecard& scorecard) {
  if (scorecard.weights().empty()) return absl::OkStatus();
  std::vector<FieldViolation> violations;
  std::set<std::string> open;
  for (const Dimension& dimension : framework.dimensions) {
    open.insert(std::string(dimension.id));
  }
  const std::set<std::string> all = open;
  int64_t sum = 0;
  for (int i = 0; i < scorecard.weights_size(); ++i) {
    const auto& weight = scorecard.weights(i);
    sum += weight.weight_millionths();
    if (open.erase(weight.dimension_id()) > 0) continue;
    violations.push_back(
        {absl::StrCat("scorecard.weights[", i, "].dimension_id"),
         all.contains(weight.dimension_id())
             ? "has a weight already."
             : "is no dimension of the framework."});
  }
  for (const std::string& id : open) {
    violations.push_back(
        {"scorecard.weights", absl::StrCat("must have one for '", id, "'.")});
  }
  if (sum != kWhole) {
    violations.push_back({"scorecard.weights", "must be 1000000 together."});
  }
  return violations.empty() ? absl::OkStatus() : BadRequest(violations);
}

void FillScorecard(const FrameworkData& framework,
                   const Measurements& measurements, const Series& series,
                   v1::Scorecard& scorecard) {
  const absl::Time end = FromTimestamp(scorecard.as_of_time());
  const absl::Time start = end - absl::Hours(24) * framework.period_days;
  scorecard.set_framework_version(framework.version);
  scorecard.clear_dimensions();
  scorecard.clear_edges();
  for (const Dimension& dimension : framework.dimensions) {
    auto& score = *scorecard.add_dimensions();
    score.set_dimension_id(std::string(dimension.id));
    score.set_weight_millionths(WeightOf(scorecard, dimension));
    for (const Criterion& criterion : dimension.criteria) {
      *score.add_evidence() = EvidenceOf(criterion, measurements, start, end);
    }
  }
  for (const Edge& edge : framework.edges) {
    AddEdge(framework, edge, series, scorecard);
  }
  ScoreEvidence(framework, scorecard);
}

void ScoreEvidence(const FrameworkData& framework, v1::Scorecard& scorecard) {
  std::vector<WeightedPart> parts;
  int64_t covered = 0;
  for (auto& score : *scorecard.mutable_dimensions()) {
    for (const Dimension& dimension : framework.dimensions) {
      if (dimension.id == score.dimension_id()) {
        ScoreDimension(dimension, score);
      }
    }
    WeightedPart& part = parts.emplace_back();
    part.weight_millionths = score.weight_millionths();
    covered += int64_t{score.weight_millionths()} * score.coverage_millionths();
    if (score.has_score()) part.share = {score.score_millionths(), kWhole};
  }
  const WeightedMean mean = MeanOf(parts);
  scorecard.set_has_score(mean.score_millionths.has_value());
  scorecard.set_score_millionths(mean.score_millionths.value_or(0));
  scorecard.set_coverage_millionths(static_cast<int32_t>(covered / kWhole));
  for (auto& edge : *scorecard.mutable_edges()) {
    edge.set_month_count(
        std::min(edge.from_values_size(), edge.to_values_size()));
    const auto strength =
        edge.from_values_size() == edge.to_values_size() &&
                edge.month_count() >= kLeastMonths
            ? Correlation(edge.from_values(), edge.to_values())
            : std::nullopt;
    edge.set_measured(strength.has_value());
    edge.set_strength(strength.value_or(0));
  }
}

}  // namespace crm::analytical

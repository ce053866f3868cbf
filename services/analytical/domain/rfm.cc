#include "services/analytical/domain/rfm.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/money.h"

namespace crm::analytical {
namespace {

using absl::int128;

// The parts that the customers are split into.
constexpr size_t kParts = kBestScore - kWorstScore + 1;

int64_t WholeDays(absl::Duration duration) {
  absl::Duration rest;
  return absl::IDivDuration(duration, absl::Hours(24), &rest);
}

std::vector<int128> Collect(const std::vector<CustomerScore>& scores,
                            int128 (*measure)(const CustomerScore&)) {
  std::vector<int128> values;
  values.reserve(scores.size());
  for (const CustomerScore& score : scores) values.push_back(measure(score));
  return values;
}

RfmThresholds ThresholdsOf(const std::vector<CustomerScore>& scores) {
  return {
      .recency = FindThresholds(
          Collect(scores, [](const auto& s) { return int128{s.recency_days}; }),
          1),
      .frequency = FindThresholds(
          Collect(scores, [](const auto& s) { return int128{s.frequency}; }),
          1),
      .monetary = FindThresholds(
          Collect(scores, [](const auto& s) { return s.monetary; }),
          kNanosPerUnit)};
}

}  // namespace

ScoreThresholds FindThresholds(std::vector<int128> values, int128 one) {
  std::sort(values.begin(), values.end());
  const size_t last = values.size() - 1;
  ScoreThresholds thresholds;
  for (size_t i = 0; i < thresholds.size(); ++i) {
    // Quantile (i + 1)/5 lies at (n - 1)(i + 1)/5 among the sorted values.
    const size_t position = last * (i + 1);
    const size_t below = position / kParts;
    const auto fifths = static_cast<int>(position % kParts);
    const int128 rest = values[std::min(below + 1, last)] - values[below];
    thresholds[i] = (values[below] + one) * int{kParts} + rest * fifths;
  }
  return thresholds;
}

int CountReached(const ScoreThresholds& thresholds, int128 value) {
  const int128 fifths = value * int{kParts};
  return static_cast<int>(
      std::upper_bound(thresholds.begin(), thresholds.end(), fifths) -
      thresholds.begin());
}

RfmAnalysis ScoreRfm(const std::vector<CustomerTotals>& totals,
                     absl::Time as_of) {
  RfmAnalysis analysis;
  if (totals.empty()) return analysis;
  analysis.scores.reserve(totals.size());
  for (const CustomerTotals& customer : totals) {
    analysis.scores.push_back(
        {.customer = customer.customer,
         .recency_days = WholeDays(as_of - customer.last_order_time),
         .frequency = customer.order_count,
         .monetary = customer.revenue});
  }
  std::sort(
      analysis.scores.begin(), analysis.scores.end(),
      [](const auto& a, const auto& b) { return a.customer < b.customer; });

  analysis.thresholds = ThresholdsOf(analysis.scores);
  const RfmThresholds& thresholds = analysis.thresholds;
  for (CustomerScore& score : analysis.scores) {
    score.recency_score =
        kBestScore - CountReached(thresholds.recency, score.recency_days);
    score.frequency_score =
        kWorstScore + CountReached(thresholds.frequency, score.frequency);
    score.monetary_score =
        kWorstScore + CountReached(thresholds.monetary, score.monetary);
  }
  return analysis;
}

std::string RfmCell(const CustomerScore& score) {
  return absl::StrCat(score.recency_score, score.frequency_score,
                      score.monetary_score);
}

int64_t RepeatFrequency(const CustomerTotals& totals) {
  return std::max<int64_t>(totals.purchase_day_count - 1, 0);
}

}  // namespace crm::analytical

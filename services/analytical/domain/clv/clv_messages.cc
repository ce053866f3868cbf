#include "services/analytical/domain/clv/clv_messages.h"

#include <cmath>
#include <cstdint>
#include <utility>

#include "absl/numeric/int128.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "services/analytical/domain/clv/value_tiers.h"
#include "shared/base/digest.h"
#include "shared/base/errors.h"
#include "shared/base/money.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {
namespace {

// No Money holds as much, and any int128 does.
constexpr double kUnitsBeyondMoney = 1e19;

v1::ClvFit::Verdict ToVerdict(FitVerdict verdict) {
  switch (verdict) {
    case FitVerdict::kInsufficientData:
      return v1::ClvFit::INSUFFICIENT_DATA;
    case FitVerdict::kNotConverged:
      return v1::ClvFit::NOT_CONVERGED;
    case FitVerdict::kConverged:
      return v1::ClvFit::CONVERGED;
  }
  return v1::ClvFit::VERDICT_UNSPECIFIED;
}

// Returns the boundaries that the caller gave.
absl::StatusOr<TierBoundaries> ReadBoundaries(const v1::ClvModel& model) {
  const v1::ValueBoundaries& given = model.value_boundaries();
  for (const google::type::Money* money :
       {&given.middle(), &given.high(), &given.top()}) {
    if (money->currency_code() != model.currency_code()) {
      return BadField("value_boundaries",
                      absl::StrCat("must be in the currency of the model, ",
                                   model.currency_code(), "."));
    }
  }
  const TierBoundaries boundaries = {.middle = ToNanos(given.middle()),
                                     .high = ToNanos(given.high()),
                                     .top = ToNanos(given.top())};
  if (boundaries.middle > boundaries.high || boundaries.high > boundaries.top) {
    return BadField("value_boundaries",
                    "must not fall from middle to high to top.");
  }
  return boundaries;
}

absl::Status WriteBoundaries(const TierBoundaries& boundaries,
                             v1::ClvModel& model) {
  const std::string& currency = model.currency_code();
  v1::ValueBoundaries& written = *model.mutable_value_boundaries();
  CRM_ASSIGN_OR_RETURN(*written.mutable_middle(),
                       FromNanos(currency, boundaries.middle));
  CRM_ASSIGN_OR_RETURN(*written.mutable_high(),
                       FromNanos(currency, boundaries.high));
  CRM_ASSIGN_OR_RETURN(*written.mutable_top(),
                       FromNanos(currency, boundaries.top));
  return absl::OkStatus();
}

}  // namespace

v1::ClvFit ToClvFit(const LikelihoodFit& fit,
                    absl::Span<const absl::string_view> symbols) {
  v1::ClvFit message;
  message.set_verdict(ToVerdict(fit.verdict));
  for (size_t i = 0; i < fit.estimates.size(); ++i) {
    v1::ClvParameter& parameter = *message.add_parameters();
    parameter.set_symbol(std::string(symbols[i]));
    parameter.set_value(fit.estimates[i].value);
    parameter.set_low(fit.estimates[i].low);
    parameter.set_high(fit.estimates[i].high);
  }
  message.set_log_likelihood(fit.log_likelihood);
  return message;
}

absl::StatusOr<google::type::Money> MoneyOf(absl::string_view currency,
                                            double units) {
  // What is no number is beyond it too.
  if (!(std::abs(units) < kUnitsBeyondMoney)) {
    return OutOfRange("AMOUNT_OUT_OF_RANGE", "A value is beyond what is kept.");
  }
  return FromNanos(
      currency,
      absl::int128(std::round(units * static_cast<double>(kNanosPerUnit))));
}

absl::StatusOr<v1::ClvScore> ToClvScore(const PurchaseHistory& history,
                                        const PurchaseSummary& summary,
                                        const LifetimeValue& value,
                                        absl::string_view currency) {
  v1::ClvScore score;
  score.set_customer(history.customer);
  score.set_frequency(summary.times.frequency);
  score.set_recency_weeks(summary.times.recency);
  score.set_age_weeks(summary.times.age);
  if (summary.times.frequency > 0) {
    CRM_ASSIGN_OR_RETURN(*score.mutable_mean_value(),
                         MoneyOf(currency, summary.mean_value));
  }
  if (value.forecast.has_value()) {
    score.set_alive_probability(value.forecast->alive_probability);
    score.set_expected_purchases(value.forecast->expected_purchases);
  }
  if (value.expected_value.has_value()) {
    CRM_ASSIGN_OR_RETURN(*score.mutable_expected_value(),
                         MoneyOf(currency, *value.expected_value));
  }
  if (value.forecast.has_value() && value.expected_value.has_value()) {
    CRM_ASSIGN_OR_RETURN(
        *score.mutable_lifetime_value(),
        MoneyOf(currency,
                value.forecast->discounted_purchases * *value.expected_value));
  }
  score.set_value_tier(v1::ClvScore::UNKNOWN);
  return score;
}

absl::Status SetTiers(v1::ClvModel& model, std::vector<v1::ClvScore>& scores) {
  TierBoundaries boundaries;
  if (model.has_value_boundaries()) {
    CRM_ASSIGN_OR_RETURN(boundaries, ReadBoundaries(model));
  } else {
    std::vector<absl::int128> values;
    for (const v1::ClvScore& score : scores) {
      if (!score.has_lifetime_value()) continue;
      values.push_back(ToNanos(score.lifetime_value()));
    }
    if (values.empty()) return absl::OkStatus();
    boundaries = FindTierBoundaries(std::move(values));
    CRM_RETURN_IF_ERROR(WriteBoundaries(boundaries, model));
  }
  for (v1::ClvScore& score : scores) {
    if (!score.has_lifetime_value()) continue;
    score.set_value_tier(TierOf(boundaries, ToNanos(score.lifetime_value())));
  }
  return absl::OkStatus();
}

std::string Fingerprint(const std::vector<PurchaseHistory>& histories) {
  std::string text;
  for (const PurchaseHistory& history : histories) {
    // The length tells where a name ends.
    absl::StrAppend(&text, history.customer.size(), ":", history.customer, " ",
                    history.first_day, " ", history.last_day, " ",
                    history.purchase_day_count, " ");
    absl::StrAppend(
        &text, absl::Uint128High64(absl::uint128(history.repeat_revenue)), " ",
        absl::Uint128Low64(absl::uint128(history.repeat_revenue)), "\n");
  }
  return absl::BytesToHexString(Sha256(text));
}

}  // namespace crm::analytical

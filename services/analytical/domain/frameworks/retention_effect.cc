#include "services/analytical/domain/frameworks/retention_effect.h"

#include <algorithm>
#include <optional>

#include "services/analytical/domain/frameworks/weighted_mean.h"
#include "shared/base/errors.h"
#include "shared/base/money.h"
#include "shared/base/ratio.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {
namespace {

absl::Status NoOrders() {
  return FailedPrecondition(
      "NO_ORDERS",
      "Nobody ordered in the period, or in the one of the same length before "
      "it. Ask for another time or currency.",
      "scorecards");
}

absl::Status Complete() {
  return FailedPrecondition(
      "RETENTION_COMPLETE",
      "Nobody would ever leave, and money keeps its worth, so there is no sum. "
      "Give a discount, or a smaller change.",
      "scorecards");
}

absl::StatusOr<google::type::Money> ToMoney(
    const v1::RetentionEffect& effect,
    const std::optional<absl::int128>& nanos) {
  if (!nanos.has_value()) {
    return MakeError(absl::StatusCode::kOutOfRange, "AMOUNT_OUT_OF_RANGE",
                     "A profit is too large for an amount of money.");
  }
  return FromNanos(effect.currency_code(), *nanos);
}

absl::uint128 Unsigned(absl::int128 value) {
  return static_cast<absl::uint128>(value);
}

}  // namespace

absl::Status FillRetentionEffect(
    const RetentionFacts& facts,
    const v1::EstimateRetentionEffectRequest& request,
    v1::RetentionEffect& effect) {
  effect.set_earlier_customer_count(facts.earlier);
  effect.set_retained_customer_count(facts.retained);
  if (facts.earlier == 0 || facts.ordering == 0) return NoOrders();

  // All retentions are in parts of `earlier` x 10^6.
  const absl::int128 whole = absl::int128(facts.earlier) * kWhole;
  const absl::int128 worth =
      absl::int128(facts.earlier) * (kWhole + request.discount_millionths());
  const absl::int128 retention = absl::int128(facts.retained) * kWhole;
  const absl::int128 changed = std::clamp<absl::int128>(
      retention +
          absl::int128(facts.earlier) * request.retention_change_millionths(),
      0, whole);
  if (worth <= retention || worth <= changed) return Complete();

  const auto millionths = [&](absl::int128 part) {
    return static_cast<int32_t>(
        Scale(part, {.numerator = 1, .denominator = Unsigned(facts.earlier)})
            .value_or(0));
  };
  effect.set_retention_millionths(millionths(retention));
  effect.set_changed_retention_millionths(millionths(changed));

  const auto margin =
      absl::uint128(static_cast<uint64_t>(request.margin_millionths()));
  const absl::uint128 customers =
      Unsigned(absl::int128(facts.ordering) * kWhole);
  CRM_ASSIGN_OR_RETURN(
      *effect.mutable_period_profit(),
      ToMoney(effect, Scale(facts.revenue,
                            {.numerator = margin, .denominator = customers})));
  // The margin and the customers have no more than 2^50 each, and so have what
  // `worth` is made of: what does not fit is far beyond any business.
  const auto lifetime = [&](absl::int128 kept) {
    const absl::uint128 left = Unsigned(worth - kept);
    constexpr auto kMost = absl::Uint128Max();
    const std::optional<absl::int128> profit =
        left > kMost / customers || Unsigned(worth) > kMost / margin
            ? std::nullopt
            : Scale(facts.revenue, {.numerator = margin * Unsigned(worth),
                                    .denominator = customers * left});
    return ToMoney(effect, profit);
  };
  CRM_ASSIGN_OR_RETURN(*effect.mutable_lifetime_profit(), lifetime(retention));
  CRM_ASSIGN_OR_RETURN(*effect.mutable_changed_lifetime_profit(),
                       lifetime(changed));
  // (1 + d - r) / (1 + d - r') - 1, in which the profit is no more.
  effect.set_profit_change(static_cast<double>(changed - retention) /
                           static_cast<double>(worth - changed));
  return absl::OkStatus();
}

}  // namespace crm::analytical

#include "services/operational/domain/forecast.h"

#include <tuple>

#include "absl/strings/str_cat.h"
#include "services/operational/domain/calendar_day.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/money.h"
#include "shared/base/status_macros.h"

namespace crm::operational {
namespace {

constexpr int kMaxYears = 10;
constexpr int kMonthsOfQuarter = 3;
constexpr int32_t kWhole = 1'000'000;
constexpr int32_t kCommitFrom = 800'000;
constexpr int32_t kBestCaseFrom = 500'000;

v1::ForecastRow::Category CategoryOf(const v1::Opportunity& opportunity) {
  if (opportunity.state() == v1::Opportunity::WON) {
    return v1::ForecastRow::CLOSED;
  }
  if (opportunity.forecast_category() !=
      v1::ForecastRow::CATEGORY_UNSPECIFIED) {
    return opportunity.forecast_category();
  }
  const int32_t probability = opportunity.probability_millionths();
  if (probability >= kCommitFrom) return v1::ForecastRow::COMMIT;
  return probability >= kBestCaseFrom ? v1::ForecastRow::BEST_CASE
                                      : v1::ForecastRow::PIPELINE;
}

absl::CivilDay PeriodStart(absl::CivilDay day,
                           v1::ForecastOpportunitiesRequest::Period period) {
  const absl::CivilMonth month(day);
  if (period != v1::ForecastOpportunitiesRequest::QUARTER) {
    return absl::CivilDay(month);
  }
  return absl::CivilDay(month - (month.month() - 1) % kMonthsOfQuarter);
}

}  // namespace

absl::Status CheckForecast(const v1::ForecastOpportunitiesRequest& request) {
  const absl::CivilDay start = ToDay(request.start_date());
  const absl::CivilDay end = ToDay(request.end_date());
  if (end < start) {
    return BadField("end_date", "must not be before the first day.");
  }
  if (end >= AddMonths(start, 12 * kMaxYears)) {
    return BadField("end_date", absl::StrCat("must be less than ", kMaxYears,
                                             " years after the first day."));
  }
  if (request.keep_currencies() && !request.currency_code().empty()) {
    return BadField("keep_currencies", "must not be set with a currency.");
  }
  return absl::OkStatus();
}

std::optional<ForecastEntry> EntryOf(
    const v1::Opportunity& opportunity,
    const v1::ForecastOpportunitiesRequest& request) {
  const bool won = opportunity.state() == v1::Opportunity::WON;
  const bool closes =
      opportunity.has_close_date() || (won && opportunity.has_close_time());
  if (opportunity.state() == v1::Opportunity::LOST || !closes ||
      !opportunity.has_amount()) {
    return std::nullopt;
  }
  ForecastEntry entry;
  entry.category = CategoryOf(opportunity);
  if (entry.category == v1::ForecastRow::OMITTED) return std::nullopt;
  entry.close_day = opportunity.has_close_date()
                        ? ToDay(opportunity.close_date())
                        : DayOf(FromTimestamp(opportunity.close_time()));
  if (entry.close_day < ToDay(request.start_date()) ||
      entry.close_day > ToDay(request.end_date())) {
    return std::nullopt;
  }
  entry.period_start = PeriodStart(entry.close_day, request.period());
  entry.probability_millionths =
      won ? kWhole : opportunity.probability_millionths();
  return entry;
}

ForecastAmount Weigh(absl::int128 nanos, const ForecastEntry& entry) {
  return {
      .nanos = nanos,
      .weighted_nanos = PartOf(nanos, entry.probability_millionths, kWhole)};
}

std::vector<Credit> CreditsOf(const v1::Opportunity& opportunity,
                              const ForecastAmount& amount) {
  if (opportunity.splits().empty()) return {{"", amount}};
  std::vector<Credit> credits;
  int64_t shares = 0;
  ForecastAmount given;
  for (const v1::OpportunitySplit& split : opportunity.splits()) {
    shares += split.share_millionths();
    const ForecastAmount to_here = {
        .nanos = PartOf(amount.nanos, shares, kWhole),
        .weighted_nanos = PartOf(amount.weighted_nanos, shares, kWhole)};
    credits.push_back(
        {split.user(),
         {.nanos = to_here.nanos - given.nanos,
          .weighted_nanos = to_here.weighted_nanos - given.weighted_nanos}});
    given = to_here;
  }
  return credits;
}

bool ForecastSums::Key::operator<(const Key& other) const {
  return std::tie(period_start, holder, category, currency) <
         std::tie(other.period_start, other.holder, other.category,
                  other.currency);
}

absl::Status ForecastSums::Add(const std::string& holder,
                               const ForecastEntry& entry,
                               const std::string& currency,
                               const ForecastAmount& amount) {
  Sum& sum = sums_[{entry.period_start, holder, entry.category, currency}];
  if (sums_.size() > kMaxForecastRows) {
    return ResourceExhausted(
        "FORECAST_TOO_LARGE",
        absl::StrCat("The forecast would have more than ", kMaxForecastRows,
                     " rows; ask for fewer days or owners."));
  }
  sum.amount.nanos += amount.nanos;
  sum.amount.weighted_nanos += amount.weighted_nanos;
  ++sum.count;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<v1::ForecastRow>> ForecastSums::Rows(
    Holder holder) const {
  std::vector<v1::ForecastRow> rows;
  for (const auto& [key, sum] : sums_) {
    v1::ForecastRow& row = rows.emplace_back();
    if (holder == Holder::kOwner) {
      row.set_owner(key.holder);
    } else {
      row.set_team(key.holder);
    }
    *row.mutable_period_start_date() = FromDay(key.period_start);
    row.set_category(key.category);
    CRM_ASSIGN_OR_RETURN(*row.mutable_amount(),
                         FromNanos(key.currency, sum.amount.nanos));
    CRM_ASSIGN_OR_RETURN(*row.mutable_weighted_amount(),
                         FromNanos(key.currency, sum.amount.weighted_nanos));
    row.set_opportunity_count(sum.count);
  }
  return rows;
}

}  // namespace crm::operational

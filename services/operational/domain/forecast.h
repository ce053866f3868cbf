// What opportunities come to when they close: by owner or team, period,
// category and currency.
//
// Everything here is a pure function of its arguments, but for the sums, which
// are thread-compatible.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_FORECAST_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_FORECAST_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "crm/operational/v1/forecast.pb.h"
#include "crm/operational/v1/opportunity.pb.h"

namespace crm::operational {

// The most rows of a forecast.
inline constexpr size_t kMaxForecastRows = 10'000;

// Returns INVALID_ARGUMENT for days that do not follow each other, or that lie
// more than 10 years apart.
absl::Status CheckForecast(const v1::ForecastOpportunitiesRequest& request);

// How one opportunity counts.
struct ForecastEntry {
  absl::CivilDay close_day;
  absl::CivilDay period_start;
  v1::ForecastRow::Category category = v1::ForecastRow::PIPELINE;
  int32_t probability_millionths = 0;
};

// Returns how `opportunity` counts in the forecast that is asked for; nothing
// if it does not: if it is lost, omitted, without an amount or a day on which
// it closes, or closes on another day.
std::optional<ForecastEntry> EntryOf(
    const v1::Opportunity& opportunity,
    const v1::ForecastOpportunitiesRequest& request);

// What an opportunity brings, in nanos, and the same by its probability.
struct ForecastAmount {
  absl::int128 nanos = 0;
  absl::int128 weighted_nanos = 0;
};

// Returns the amount of `nanos` with what it weighs, rounded half to even.
ForecastAmount Weigh(absl::int128 nanos, const ForecastEntry& entry);

// A part of an amount, and the user of the split that it is for; empty for the
// owner.
struct Credit {
  std::string user;
  ForecastAmount amount;
};

// Returns the parts of `amount` by the splits of `opportunity`: each rounded to
// nanos so that all of them add up to the amount exactly.
std::vector<Credit> CreditsOf(const v1::Opportunity& opportunity,
                              const ForecastAmount& amount);

// Adds up amounts. They never mix currencies. Thread-compatible.
class ForecastSums {
 public:
  // Who is credited, an owner or a team, empty in totals.
  enum class Holder { kOwner, kTeam };

  // Adds `amount` to the row of `holder`. Returns RESOURCE_EXHAUSTED
  // (FORECAST_TOO_LARGE) beyond kMaxForecastRows.
  absl::Status Add(const std::string& holder, const ForecastEntry& entry,
                   const std::string& currency, const ForecastAmount& amount);

  // Returns the rows, by period, holder, category and currency, or OUT_OF_RANGE
  // (AMOUNT_OUT_OF_RANGE) for a sum that is too large.
  absl::StatusOr<std::vector<v1::ForecastRow>> Rows(Holder holder) const;

 private:
  struct Key {
    absl::CivilDay period_start;
    std::string holder;
    v1::ForecastRow::Category category;
    std::string currency;

    bool operator<(const Key& other) const;
  };
  struct Sum {
    ForecastAmount amount;
    int64_t count = 0;
  };

  std::map<Key, Sum> sums_;
};

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_FORECAST_H_

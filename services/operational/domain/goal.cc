#include "services/operational/domain/goal.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/operational/domain/calendar_day.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/money.h"
#include "shared/base/status_macros.h"

namespace crm::operational {
namespace {

constexpr int kMaxYears = 10;
constexpr int64_t kWhole = 1'000'000;

absl::TimeZone ZoneOf(const v1::Goal& goal) {
  absl::TimeZone zone = absl::UTCTimeZone();
  // The zone was checked when the goal was written.
  if (!goal.time_zone().empty()) absl::LoadTimeZone(goal.time_zone(), &zone);
  return zone;
}

absl::CivilDay DayIn(const v1::Goal& goal,
                     const google::protobuf::Timestamp& time) {
  return absl::ToCivilDay(FromTimestamp(time), ZoneOf(goal));
}

std::optional<Gain> OnDay(const v1::Goal& goal, absl::CivilDay day) {
  if (day < ToDay(goal.start_date()) || day > ToDay(goal.end_date())) {
    return std::nullopt;
  }
  return Gain{.day = day, .amount = {}};
}

void CheckPeriod(const v1::Goal& goal,
                 std::vector<FieldViolation>& violations) {
  const absl::CivilDay start = ToDay(goal.start_date());
  const absl::CivilDay end = ToDay(goal.end_date());
  if (end < start) {
    violations.push_back(
        {"goal.end_date", "must not be before the first day."});
  } else if (end >= AddMonths(start, 12 * kMaxYears)) {
    violations.push_back(
        {"goal.end_date", absl::StrCat("must be less than ", kMaxYears,
                                       " years after the first day.")});
  }
  absl::TimeZone zone;
  if (!goal.time_zone().empty() &&
      !absl::LoadTimeZone(goal.time_zone(), &zone)) {
    violations.push_back(
        {"goal.time_zone", "must be an IANA time zone, as 'Europe/Vienna'."});
  }
}

void CheckTarget(const v1::Goal& goal,
                 std::vector<FieldViolation>& violations) {
  const bool amounts = CountsAmounts(goal.metric());
  const char* const wanted =
      amounts ? "goal.target_amount" : "goal.target_count";
  const bool positive =
      amounts ? ToNanos(goal.target_amount()) > 0 : goal.target_count() > 0;
  if (!positive) {
    violations.push_back(
        {wanted, "must be set, and more than 0, for this metric."});
  }
  if (amounts ? goal.target_count() != 0 : goal.has_target_amount()) {
    violations.push_back(
        {amounts ? "goal.target_count" : "goal.target_amount",
         absl::StrCat("must not be set for this metric; set ", wanted, ".")});
  }
}

// Returns the share in millionths, rounded down, as far as an int64_t holds it.
int64_t ShareOf(absl::int128 part, absl::int128 whole) {
  const absl::int128 share = part * kWhole / whole;
  return static_cast<int64_t>(
      std::min<absl::int128>(share, std::numeric_limits<int64_t>::max()));
}

int64_t PassedAt(const v1::Goal& goal, absl::Time now) {
  const absl::TimeZone zone = ZoneOf(goal);
  const absl::Time begin = absl::FromCivil(ToDay(goal.start_date()), zone);
  const absl::Time end = absl::FromCivil(ToDay(goal.end_date()) + 1, zone);
  return ShareOf(absl::ToInt64Microseconds(std::clamp(now, begin, end) - begin),
                 absl::ToInt64Microseconds(end - begin));
}

}  // namespace

bool CountsAmounts(v1::Goal::Metric metric) {
  return metric == v1::Goal::WON_AMOUNT || metric == v1::Goal::ORDER_REVENUE;
}

absl::Status PrepareGoal(const v1::Goal* /*before*/, v1::Goal& after,
                         const RuleContext& /*context*/) {
  std::vector<FieldViolation> violations;
  CheckPeriod(after, violations);
  CheckTarget(after, violations);
  return violations.empty() ? absl::OkStatus() : BadRequest(violations);
}

std::optional<Gain> GainOf(const v1::Goal& goal,
                           const v1::Opportunity& opportunity) {
  if (opportunity.state() != v1::Opportunity::WON) return std::nullopt;
  const bool amounts = CountsAmounts(goal.metric());
  if (amounts && !opportunity.has_amount()) return std::nullopt;
  std::optional<Gain> gain =
      OnDay(goal, opportunity.has_close_date()
                      ? ToDay(opportunity.close_date())
                      : DayIn(goal, opportunity.close_time()));
  if (gain.has_value() && amounts) gain->amount = opportunity.amount();
  return gain;
}

std::optional<Gain> GainOf(const v1::Goal& goal, const v1::Order& order) {
  if (order.state() != v1::Order::CONFIRMED || !order.totals().has_net()) {
    return std::nullopt;
  }
  std::optional<Gain> gain = OnDay(goal, DayIn(goal, order.confirm_time()));
  if (gain.has_value()) gain->amount = order.totals().net();
  return gain;
}

std::optional<Gain> GainOf(const v1::Goal& goal, const v1::Activity& activity) {
  if (activity.state() != v1::Activity::DONE) return std::nullopt;
  return OnDay(goal, DayIn(goal, activity.complete_time()));
}

std::optional<Gain> GainOf(const v1::Goal& goal, const v1::Customer& customer) {
  if (!customer.merged_into().empty()) return std::nullopt;
  return OnDay(goal, DayIn(goal, customer.create_time()));
}

absl::StatusOr<v1::GoalProgress> ProgressOf(const v1::Goal& goal,
                                            const Gained& gained,
                                            absl::Time now) {
  v1::GoalProgress progress;
  progress.set_goal(goal.name());
  *progress.mutable_as_of_time() = ToTimestamp(now);
  progress.set_count(gained.count);
  if (CountsAmounts(goal.metric())) {
    CRM_ASSIGN_OR_RETURN(
        *progress.mutable_amount(),
        FromNanos(goal.target_amount().currency_code(), gained.nanos));
    progress.set_reached_millionths(
        ShareOf(gained.nanos, ToNanos(goal.target_amount())));
  } else {
    progress.set_reached_millionths(ShareOf(gained.count, goal.target_count()));
  }
  progress.set_passed_millionths(PassedAt(goal, now));
  return progress;
}

}  // namespace crm::operational

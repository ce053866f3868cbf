#include "services/operational/handlers/goal.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/operational/domain/calendar_day.h"
#include "services/operational/domain/forecast.h"
#include "services/operational/domain/goal.h"
#include "services/operational/handlers/base_currency.h"
#include "services/operational/handlers/credited.h"
#include "services/operational/handlers/exchange_rate.h"
#include "shared/auth/caller.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/money.h"
#include "shared/base/status_macros.h"
#include "shared/query/filter.h"
#include "shared/resource/row_scan.h"

namespace crm::operational {
namespace {

using ::google::protobuf::Message;

constexpr int64_t kMaxRows = 200'000;

// Returns the first and the last moment that may count, as a filter that a
// column answers; whether a row counts is decided in domain/goal.h.
std::string CreatedInPeriod(const v1::Goal& goal) {
  // No zone is further from UTC than a day.
  const absl::CivilDay start = ToDay(goal.start_date());
  const absl::CivilDay end = ToDay(goal.end_date());
  const auto text = [](absl::CivilDay day) {
    return absl::FormatTime(absl::RFC3339_sec,
                            absl::FromCivil(day, absl::UTCTimeZone()),
                            absl::UTCTimeZone());
  };
  return absl::StrCat("create_time >= \"", text(start - 1),
                      "\" AND create_time < \"", text(end + 2), "\"");
}

// Adds up the rows that count towards one goal. Thread-compatible.
class GoalCounter {
 public:
  GoalCounter(const ReadView& view, const CallContext& call,
              const v1::Goal& goal)
      : view_(view),
        call_(call),
        goal_(goal),
        credited_(view, call),
        rates_(view) {}

  absl::StatusOr<v1::GoalProgress> Count() {
    if (!goal_.team().empty()) {
      CRM_RETURN_IF_ERROR(credited_.ReadTeams(goal_.team()));
    }
    CRM_RETURN_IF_ERROR(ChooseBase());
    CRM_RETURN_IF_ERROR(CountRows());
    CRM_ASSIGN_OR_RETURN(v1::GoalProgress progress,
                         ProgressOf(goal_, gained_, call_.now));
    CRM_RETURN_IF_ERROR(TellBase(progress));
    progress.mutable_exchange_rates()->Assign(used_.begin(), used_.end());
    return progress;
  }

 private:
  // An amount in the base currency of the tenant, beside the one that counts.
  struct BaseSum {
    std::string currency;
    google::type::Money target;
    absl::int128 nanos = 0;
    std::set<std::string> used;
  };

  absl::Status ChooseBase() {
    if (!CountsAmounts(goal_.metric())) return absl::OkStatus();
    CRM_ASSIGN_OR_RETURN(const std::string currency,
                         BaseCurrencyOn(view_, DayOf(call_.now)));
    const google::type::Money& target = goal_.target_amount();
    if (currency.empty() || currency == target.currency_code()) {
      return absl::OkStatus();
    }
    base_ = BaseSum{.currency = currency, .target = {}, .nanos = 0, .used = {}};
    const Gain whole{.day = ToDay(goal_.start_date()), .amount = target};
    CRM_ASSIGN_OR_RETURN(const std::optional<absl::int128> nanos,
                         InBase(whole));
    if (!nanos.has_value()) return absl::OkStatus();
    CRM_ASSIGN_OR_RETURN(base_->target, FromNanos(currency, *nanos));
    return absl::OkStatus();
  }

  absl::Status TellBase(v1::GoalProgress& progress) {
    if (!base_.has_value()) return absl::OkStatus();
    CRM_ASSIGN_OR_RETURN(*progress.mutable_base_amount(),
                         FromNanos(base_->currency, base_->nanos));
    *progress.mutable_base_target_amount() = base_->target;
    used_.merge(base_->used);
    return absl::OkStatus();
  }

  absl::Status CountRows() {
    switch (goal_.metric()) {
      case v1::Goal::WON_AMOUNT:
        return Scan<v1::Opportunity>(
            "state = WON",
            {"state", "splits", "close_date", "close_time", "owner", "amount"});
      case v1::Goal::WON_COUNT:
        return Scan<v1::Opportunity>(
            "state = WON",
            {"state", "splits", "close_date", "close_time", "owner"});
      case v1::Goal::ORDER_REVENUE:
        return Scan<v1::Order>("state = CONFIRMED",
                               {"state", "confirm_time", "owner", "totals"});
      case v1::Goal::ACTIVITY_COUNT:
        return Scan<v1::Activity>("state = DONE",
                                  {"state", "complete_time", "owner"});
      case v1::Goal::NEW_CUSTOMER_COUNT:
        return Scan<v1::Customer>(CreatedInPeriod(goal_),
                                  {"create_time", "merged_into", "owner"});
      default:
        return Internal("METRIC_UNKNOWN",
                        absl::StrCat("'", goal_.name(),
                                     "' has a metric that nothing counts."));
    }
  }

  template <typename T>
  absl::Status Scan(const std::string& filter,
                    const std::vector<const char*>& fields) {
    const Resource& resource = *view_.catalog().Find(T::descriptor());
    CRM_RETURN_IF_ERROR(CheckMayRead(resource));
    for (const char* field : fields) {
      CRM_RETURN_IF_ERROR(CheckSummable(view_, call_, resource, field));
    }
    CRM_ASSIGN_OR_RETURN(const Filter parsed,
                         Filter::Parse(filter, T::descriptor()));
    return ScanRows(
        view_, call_, resource, parsed, kMaxRows,
        [&](const Message& row) { return Add(static_cast<const T&>(row)); });
  }

  // Who may read no row at all is told so, rather than that nothing is reached.
  absl::Status CheckMayRead(const Resource& resource) const {
    const std::string permission = PermissionToRead(call_, resource);
    if (call_.caller == nullptr ||
        call_.caller->AccessTo(permission).allowed()) {
      return absl::OkStatus();
    }
    return PermissionDenied(
        "PERMISSION_DENIED",
        absl::StrCat("What the goal counts needs the permission '", permission,
                     "', which none of your roles grants."),
        {{"permission", permission}});
  }

  bool Concerns(const std::string& subject) const {
    return goal_.team().empty() ? subject == goal_.owner()
                                : !credited_.TeamsOf(subject).empty();
  }

  template <typename T>
  absl::Status Add(const T& row) {
    const std::optional<Gain> gain = GainOf(goal_, row);
    if (!gain.has_value() || !Concerns(row.owner())) return absl::OkStatus();
    CRM_ASSIGN_OR_RETURN(const absl::int128 nanos, InTarget(*gain));
    CRM_ASSIGN_OR_RETURN(const std::optional<absl::int128> base, InBase(*gain));
    gained_.nanos += nanos;
    if (base.has_value()) base_->nanos += *base;
    ++gained_.count;
    return absl::OkStatus();
  }

  // The amount is split after it is converted, so that all goals together have
  // it exactly.
  absl::Status Add(const v1::Opportunity& opportunity) {
    const std::optional<Gain> gain = GainOf(goal_, opportunity);
    if (!gain.has_value()) return absl::OkStatus();
    std::vector<bool> concerned;
    for (const v1::OpportunitySplit& split : opportunity.splits()) {
      CRM_ASSIGN_OR_RETURN(const std::string subject,
                           credited_.SubjectOf(split.user()));
      concerned.push_back(Concerns(subject));
    }
    if (concerned.empty()) concerned.push_back(Concerns(opportunity.owner()));
    if (std::ranges::find(concerned, true) == concerned.end()) {
      return absl::OkStatus();
    }
    const auto credited = [&](absl::int128 nanos) {
      const std::vector<Credit> credits =
          CreditsOf(opportunity, {.nanos = nanos, .weighted_nanos = 0});
      absl::int128 sum = 0;
      for (size_t i = 0; i < credits.size(); ++i) {
        if (concerned[i]) sum += credits[i].amount.nanos;
      }
      return sum;
    };
    CRM_ASSIGN_OR_RETURN(const absl::int128 nanos, InTarget(*gain));
    CRM_ASSIGN_OR_RETURN(const std::optional<absl::int128> base, InBase(*gain));
    gained_.nanos += credited(nanos);
    if (base.has_value()) base_->nanos += credited(*base);
    ++gained_.count;
    return absl::OkStatus();
  }

  // Returns the amount in the currency of the target, 0 for what is counted.
  absl::StatusOr<absl::int128> InTarget(const Gain& gain) {
    if (!CountsAmounts(goal_.metric())) return 0;
    return In(goal_.target_amount().currency_code(), gain, used_);
  }

  // Returns the amount in the base currency; nothing where that is not reckoned
  // with. It no longer is from the first amount on that has no rate.
  absl::StatusOr<std::optional<absl::int128>> InBase(const Gain& gain) {
    if (!base_.has_value()) return std::nullopt;
    const absl::StatusOr<absl::int128> nanos =
        In(base_->currency, gain, base_->used);
    if (nanos.ok()) return *nanos;
    if (!absl::IsFailedPrecondition(nanos.status())) return nanos.status();
    base_.reset();
    return std::nullopt;
  }

  // Returns the amount in `currency` by the rates of its day, which are added
  // to `used`.
  absl::StatusOr<absl::int128> In(const std::string& currency, const Gain& gain,
                                  std::set<std::string>& used) {
    if (gain.amount.currency_code() == currency) return ToNanos(gain.amount);
    CRM_ASSIGN_OR_RETURN(
        const Conversion conversion,
        rates_.Find(gain.amount.currency_code(), currency, gain.day));
    CRM_ASSIGN_OR_RETURN(const google::type::Money converted,
                         Convert(gain.amount, conversion, currency));
    used.insert(conversion.rates.begin(), conversion.rates.end());
    return ToNanos(converted);
  }

  const ReadView& view_;
  const CallContext& call_;
  const v1::Goal& goal_;
  Credited credited_;
  DatedRates rates_;
  Gained gained_;
  std::set<std::string> used_;
  std::optional<BaseSum> base_;
};

}  // namespace

absl::StatusOr<v1::GoalProgress> HandleGetGoalProgress(
    const ReadView& view, const CallContext& call,
    const v1::GetGoalProgressRequest& request) {
  CRM_ASSIGN_OR_RETURN(const v1::Goal goal,
                       view.GetLive<v1::Goal>(request.name()));
  return GoalCounter(view, call, goal).Count();
}

}  // namespace crm::operational

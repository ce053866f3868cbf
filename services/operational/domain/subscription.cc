#include "services/operational/domain/subscription.h"

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/message_differencer.h"
#include "services/operational/domain/calendar_day.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/money.h"
#include "shared/base/status_macros.h"

namespace crm::operational {
namespace {

using ::google::protobuf::util::MessageDifferencer;

constexpr int64_t kMonthsOfQuarter = 3;
constexpr int64_t kMonthsOfYear = 12;

int64_t MonthsOf(v1::Subscription::Interval interval) {
  if (interval == v1::Subscription::QUARTER) return kMonthsOfQuarter;
  return interval == v1::Subscription::YEAR ? kMonthsOfYear : 1;
}

// Terms are reckoned from the first day, so that one which began on the 31st
// does not move to the 28th for good.
void SetEnd(v1::Subscription& subscription) {
  if (subscription.term_months() == 0) {
    subscription.clear_end_date();
    return;
  }
  const int months =
      subscription.term_months() * (subscription.renewal_count() + 1);
  *subscription.mutable_end_date() =
      FromDay(AddMonths(ToDay(subscription.start_date()), months) - 1);
}

bool SameTerms(const v1::Subscription& a, const v1::Subscription& b) {
  return MessageDifferencer::Equals(a.start_date(), b.start_date()) &&
         MessageDifferencer::Equals(a.trial_end_date(), b.trial_end_date()) &&
         a.term_months() == b.term_months() && a.interval() == b.interval() &&
         a.amount().currency_code() == b.amount().currency_code();
}

void Expire(absl::Time now, v1::Subscription& subscription) {
  subscription.set_state(v1::Subscription::EXPIRED);
  *subscription.mutable_expire_time() = ToTimestamp(now);
}

absl::Status Refused(const v1::Subscription& subscription,
                     absl::string_view rule, absl::string_view what) {
  return FailedPrecondition(
      rule, absl::StrCat("Subscription '", subscription.name(), "' ", what),
      subscription.name());
}

}  // namespace

absl::Status PrepareSubscription(const v1::Subscription* before,
                                 v1::Subscription& after,
                                 const RuleContext& context) {
  std::vector<FieldViolation> violations;
  if (ToNanos(after.amount()) < 0) {
    violations.push_back({"subscription.amount", "must not be negative."});
  }
  if (after.renews() && after.term_months() == 0) {
    violations.push_back(
        {"subscription.renews", "needs term_months: it has no end."});
  }
  if (!violations.empty()) return BadRequest(violations);
  if (before != nullptr && before->state() != v1::Subscription::TRIAL &&
      !SameTerms(*before, after)) {
    return Refused(*before, "SUBSCRIPTION_BEGUN",
                   "has begun: first day, term, interval, currency and the end "
                   "of the trial stay as they are. Cancel it and make "
                   "another.");
  }
  CRM_ASSIGN_OR_RETURN(*after.mutable_monthly_amount(),
                       FromNanos(after.amount().currency_code(),
                                 PartOf(ToNanos(after.amount()), 1,
                                        MonthsOf(after.interval()))));
  SetEnd(after);
  if (before != nullptr && after.state() == v1::Subscription::ACTIVE &&
      before->state() != v1::Subscription::ACTIVE && !after.renews() &&
      EndOfTerm(after) <= context.now) {
    return Refused(*before, "SUBSCRIPTION_ENDED",
                   "has come to the end of its term.");
  }
  if (before != nullptr && after.state() == v1::Subscription::ACTIVE &&
      EndOfTrial(*before) <= context.now) {
    return Refused(*before, "SUBSCRIPTION_ENDED",
                   "has come to the end of its trial.");
  }
  return absl::OkStatus();
}

absl::Time EndOfTerm(const v1::Subscription& subscription) {
  if (!subscription.has_end_date()) return absl::InfiniteFuture();
  return absl::FromCivil(ToDay(subscription.end_date()) + 1,
                         absl::UTCTimeZone());
}

absl::Time EndOfTrial(const v1::Subscription& subscription) {
  if (subscription.state() != v1::Subscription::TRIAL ||
      !subscription.has_trial_end_date()) {
    return absl::InfiniteFuture();
  }
  return absl::FromCivil(ToDay(subscription.trial_end_date()) + 1,
                         absl::UTCTimeZone());
}

void EndTrial(absl::Time now, v1::Subscription& subscription) {
  Expire(now, subscription);
}

void EndTerm(absl::Time now, v1::Subscription& subscription) {
  if (!subscription.renews()) {
    Expire(now, subscription);
    return;
  }
  subscription.set_renewal_count(subscription.renewal_count() + 1);
  SetEnd(subscription);
}

void RevenueSums::Add(const v1::Subscription& subscription) {
  if (subscription.state() != v1::Subscription::ACTIVE) return;
  Sum& sum = sums_[subscription.monthly_amount().currency_code()];
  sum.nanos += ToNanos(subscription.monthly_amount());
  ++sum.count;
}

absl::StatusOr<std::vector<v1::RecurringRevenue>> RevenueSums::Revenues()
    const {
  std::vector<v1::RecurringRevenue> revenues;
  for (const auto& [currency, sum] : sums_) {
    v1::RecurringRevenue& revenue = revenues.emplace_back();
    CRM_ASSIGN_OR_RETURN(*revenue.mutable_monthly_amount(),
                         FromNanos(currency, sum.nanos));
    revenue.set_subscription_count(sum.count);
  }
  return revenues;
}

}  // namespace crm::operational

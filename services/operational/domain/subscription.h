// The rules of subscriptions: their terms, and what they bring a month.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_SUBSCRIPTION_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_SUBSCRIPTION_H_

#include <map>
#include <string>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "crm/operational/v1/subscription.pb.h"
#include "shared/reflect/rule_context.h"

namespace crm::operational {

// Completes and checks a subscription: the end of its term and what it brings a
// month.
//
// Returns INVALID_ARGUMENT for a negative amount, or renewal without a term;
// FAILED_PRECONDITION: SUBSCRIPTION_BEGUN if its first day, term, interval,
// currency or the end of the trial change after TRIAL, SUBSCRIPTION_ENDED if it
// is activated when its term or trial has ended.
absl::Status PrepareSubscription(const v1::Subscription* before,
                                 v1::Subscription& after,
                                 const RuleContext& context);

// Returns when the term of `subscription` has passed, in UTC; InfiniteFuture()
// for one without end.
absl::Time EndOfTerm(const v1::Subscription& subscription);

// Returns when the trial of `subscription` has passed, in UTC;
// InfiniteFuture() for one without end, and after the trial.
absl::Time EndOfTrial(const v1::Subscription& subscription);

// Ends a trial that has passed.
void EndTrial(absl::Time now, v1::Subscription& subscription);

// Ends a term that has passed: another one begins, or it is EXPIRED.
void EndTerm(absl::Time now, v1::Subscription& subscription);

// Adds up what ACTIVE subscriptions bring a month, each currency by itself.
// Thread-compatible.
class RevenueSums {
 public:
  void Add(const v1::Subscription& subscription);

  // Returns the sums by currency, or OUT_OF_RANGE (AMOUNT_OUT_OF_RANGE).
  absl::StatusOr<std::vector<v1::RecurringRevenue>> Revenues() const;

 private:
  struct Sum {
    absl::int128 nanos = 0;
    int64_t count = 0;
  };
  std::map<std::string, Sum> sums_;
};

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_SUBSCRIPTION_H_

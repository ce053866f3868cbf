// The methods and timers of subscriptions.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_SUBSCRIPTION_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_SUBSCRIPTION_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crm/operational/v1/subscription.pb.h"
#include "shared/resource/read_view.h"
#include "shared/resource/timer_worker.h"
#include "shared/resource/transaction.h"

namespace crm::operational {

// The timers that end the terms of subscriptions; their key is the name of the
// subscription. One is set when it is activated.
inline constexpr char kSubscriptionTerm[] = "subscription-term";

// The timer that ends a trial; it goes with the subscription.
inline constexpr char kSubscriptionTrial[] = "subscription-trial";

// Each serves the method of its request; see the proto for what it returns.
absl::StatusOr<v1::Subscription> HandleActivateSubscription(
    Transaction& transaction, const CallContext& call,
    const v1::ActivateSubscriptionRequest& request);

absl::StatusOr<v1::Subscription> HandleCancelSubscription(
    Transaction& transaction, const CallContext& call,
    const v1::CancelSubscriptionRequest& request);

absl::StatusOr<v1::SumRecurringRevenueResponse> HandleSumRecurringRevenue(
    const ReadView& view, const CallContext& call,
    const v1::SumRecurringRevenueRequest& request);

// Ends the term of a subscription that is active or paused: another begins, or
// it has expired.
absl::Status EndSubscriptionTerm(Transaction& transaction, const Timer& timer);

// Ends the trial of a subscription that is still one.
absl::Status EndSubscriptionTrial(Transaction& transaction, const Timer& timer);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_SUBSCRIPTION_H_

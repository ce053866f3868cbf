#include "services/operational/handlers/subscription.h"

#include "services/operational/domain/subscription.h"
#include "shared/base/clock.h"
#include "shared/base/status_macros.h"
#include "shared/resource/row_scan.h"

namespace crm::operational {
namespace {

constexpr int64_t kMaxSubscriptions = 200'000;
// The fields whose values the sums tell.
constexpr const char* kSummed[] = {"amount", "monthly_amount", "interval",
                                   "state",  "account",        "product"};

void ScheduleEnd(Transaction& transaction,
                 const v1::Subscription& subscription) {
  const absl::Time end = EndOfTerm(subscription);
  if (end == absl::InfiniteFuture()) return;
  transaction.Schedule(kSubscriptionTerm, subscription.name(), end);
}

}  // namespace

absl::StatusOr<v1::Subscription> HandleActivateSubscription(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::ActivateSubscriptionRequest& request) {
  CRM_ASSIGN_OR_RETURN(v1::Subscription subscription,
                       transaction.Move<v1::Subscription>(request));
  ScheduleEnd(transaction, subscription);
  transaction.Update(subscription);
  return subscription;
}

absl::StatusOr<v1::Subscription> HandleCancelSubscription(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::CancelSubscriptionRequest& request) {
  CRM_ASSIGN_OR_RETURN(v1::Subscription subscription,
                       transaction.Move<v1::Subscription>(request));
  transaction.Unschedule(kSubscriptionTerm, subscription.name());
  transaction.Update(subscription);
  return subscription;
}

absl::StatusOr<v1::SumRecurringRevenueResponse> HandleSumRecurringRevenue(
    const ReadView& view, const CallContext& call,
    const v1::SumRecurringRevenueRequest& request) {
  const Resource& subscriptions =
      *view.catalog().Find(v1::Subscription::descriptor());
  for (const char* field : kSummed) {
    CRM_RETURN_IF_ERROR(CheckSummable(view, call, subscriptions, field));
  }
  RevenueSums sums;
  CRM_RETURN_IF_ERROR(ScanRows(
      view, call, subscriptions, kMaxSubscriptions,
      [&](const google::protobuf::Message& row) {
        const auto& subscription = static_cast<const v1::Subscription&>(row);
        const bool asked = (request.account().empty() ||
                            request.account() == subscription.account()) &&
                           (request.product().empty() ||
                            request.product() == subscription.product());
        if (asked) sums.Add(subscription);
        return absl::OkStatus();
      }));
  CRM_ASSIGN_OR_RETURN(const auto revenues, sums.Revenues());
  v1::SumRecurringRevenueResponse response;
  response.mutable_revenues()->Assign(revenues.begin(), revenues.end());
  *response.mutable_as_of_time() = ToTimestamp(call.now);
  return response;
}

absl::Status EndSubscriptionTerm(Transaction& transaction, const Timer& timer) {
  auto subscription = transaction.view().GetLive<v1::Subscription>(timer.key);
  if (absl::IsNotFound(subscription.status())) return absl::OkStatus();
  CRM_RETURN_IF_ERROR(subscription.status());
  if (subscription->state() != v1::Subscription::ACTIVE &&
      subscription->state() != v1::Subscription::PAUSED) {
    return absl::OkStatus();
  }
  EndTerm(transaction.now(), *subscription);
  if (subscription->state() != v1::Subscription::EXPIRED) {
    ScheduleEnd(transaction, *subscription);
  }
  transaction.Update(*subscription);
  return absl::OkStatus();
}

absl::Status EndSubscriptionTrial(Transaction& transaction,
                                  const Timer& timer) {
  auto subscription = transaction.view().GetLive<v1::Subscription>(timer.key);
  if (absl::IsNotFound(subscription.status())) return absl::OkStatus();
  CRM_RETURN_IF_ERROR(subscription.status());
  // A change after the timer was read has moved it.
  if (EndOfTrial(*subscription) > transaction.now()) return absl::OkStatus();
  EndTrial(transaction.now(), *subscription);
  transaction.Update(*subscription);
  return transaction.status();
}

}  // namespace crm::operational

#include "services/operational/handlers/subscription.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "tests/services/operational/service_on_clock.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::EqualsProto;
using ::crm::testing::Proto;
using ::crm::testing::ServiceOnClock;
using ::crm::testing::StatusIs;

absl::Time Midnight(int month, int day) {
  return absl::FromCivil(absl::CivilDay(2026, month, day), absl::UTCTimeZone());
}

class SubscriptionTerm : public ::testing::Test {
 protected:
  SubscriptionTerm() : service_(Midnight(1, 10)) {}

  // The trial of a subscription of a month from 2026-01-31 on.
  void MakeTrial(absl::string_view fields) {
    service_.Must<v1::Subscription, v1::CreateSubscriptionRequest>(
        "CreateSubscription",
        absl::StrCat("subscription_id: 's1' subscription { display_name: 'S' "
                     "amount { currency_code: 'EUR' units: 10 } "
                     "interval: MONTH term_months: 1 "
                     "start_date { year: 2026 month: 1 day: 31 } ",
                     fields, " }"));
  }

  // The same, activated.
  void Make(absl::string_view fields) {
    MakeTrial(fields);
    service_.Must<v1::Subscription, v1::ActivateSubscriptionRequest>(
        "ActivateSubscription", "name: 'subscriptions/s1'");
  }

  v1::Subscription At(absl::Time time) {
    service_.clock().Advance(time - service_.clock().Now());
    service_.FireTimers();
    return service_.Must<v1::Subscription, v1::GetSubscriptionRequest>(
        "GetSubscription", "name: 'subscriptions/s1'");
  }

  ServiceOnClock service_;
};

TEST_F(SubscriptionTerm, B19_EndsAfterItsLastDay) {
  Make("");

  EXPECT_EQ(At(Midnight(2, 28) - absl::Microseconds(1)).state(),
            v1::Subscription::ACTIVE);
  const v1::Subscription ended = At(Midnight(2, 28));

  EXPECT_EQ(ended.state(), v1::Subscription::EXPIRED);
  EXPECT_THAT(ended.end_date(), EqualsProto("year: 2026 month: 2 day: 27"));
  EXPECT_TRUE(ended.has_expire_time());
}

TEST_F(SubscriptionTerm, B19_BeginsAgainAsOftenAsIsDue) {
  Make("renews: true");

  EXPECT_THAT(At(Midnight(2, 28)).end_date(),
              EqualsProto("year: 2026 month: 3 day: 30"));
  At(Midnight(5, 1));
  const v1::Subscription later = At(Midnight(5, 1));

  EXPECT_EQ(later.state(), v1::Subscription::ACTIVE);
  EXPECT_THAT(later.end_date(), EqualsProto("year: 2026 month: 5 day: 30"));
  EXPECT_EQ(later.renewal_count(), 3);
}

TEST_F(SubscriptionTerm, B19_DoesNotTouchOneThatWasCancelled) {
  Make("");
  service_.Must<v1::Subscription, v1::CancelSubscriptionRequest>(
      "CancelSubscription", "name: 'subscriptions/s1' cancel_reason: 'price'");

  EXPECT_EQ(At(Midnight(4, 1)).state(), v1::Subscription::CANCELLED);
}

TEST_F(SubscriptionTerm, B19_ATrialEndsAfterItsLastDayByItself) {
  MakeTrial("trial_end_date { year: 2026 month: 2 day: 14 }");

  EXPECT_EQ(At(Midnight(2, 15) - absl::Microseconds(1)).state(),
            v1::Subscription::TRIAL);
  const v1::Subscription ended = At(Midnight(2, 15));

  EXPECT_EQ(ended.state(), v1::Subscription::EXPIRED);
  EXPECT_TRUE(ended.has_expire_time());
}

TEST_F(SubscriptionTerm, B19_ATrialThatIsProlongedEndsOnItsNewDay) {
  MakeTrial("trial_end_date { year: 2026 month: 2 day: 14 }");
  service_.Must<v1::Subscription, v1::UpdateSubscriptionRequest>(
      "UpdateSubscription",
      "subscription { name: 'subscriptions/s1' "
      "trial_end_date { year: 2026 month: 2 day: 20 } } "
      "update_mask { paths: 'trial_end_date' }");

  EXPECT_EQ(At(Midnight(2, 20)).state(), v1::Subscription::TRIAL);
  EXPECT_EQ(At(Midnight(2, 21)).state(), v1::Subscription::EXPIRED);
}

TEST_F(SubscriptionTerm, B19_WhatWasActivatedDoesNotEndWithItsTrial) {
  Make("trial_end_date { year: 2026 month: 2 day: 14 }");

  EXPECT_EQ(At(Midnight(2, 20)).state(), v1::Subscription::ACTIVE);
  EXPECT_THAT(
      service_.Serve("UpdateSubscription",
                     Proto<v1::UpdateSubscriptionRequest>(
                         "subscription { name: 'subscriptions/s1' "
                         "trial_end_date { year: 2026 month: 3 day: 1 } } "
                         "update_mask { paths: 'trial_end_date' }")),
      StatusIs(absl::StatusCode::kFailedPrecondition, "SUBSCRIPTION_BEGUN"));
}

TEST_F(SubscriptionTerm, B19_ATrialThatHasPassedIsNotActivated) {
  MakeTrial("trial_end_date { year: 2026 month: 2 day: 14 }");
  service_.clock().Advance(absl::Hours(24 * 60));

  EXPECT_THAT(
      service_.Serve(
          "ActivateSubscription",
          Proto<v1::ActivateSubscriptionRequest>("name: 'subscriptions/s1'")),
      StatusIs(absl::StatusCode::kFailedPrecondition, "SUBSCRIPTION_ENDED"));
}

TEST_F(SubscriptionTerm, B19_IsNotBegunAfterItsEnd) {
  Make("");
  service_.Must<v1::Subscription, v1::PauseSubscriptionRequest>(
      "PauseSubscription", "name: 'subscriptions/s1'");
  service_.clock().Advance(absl::Hours(24 * 90));

  EXPECT_THAT(
      service_.Serve(
          "ActivateSubscription",
          Proto<v1::ActivateSubscriptionRequest>("name: 'subscriptions/s1'")),
      StatusIs(absl::StatusCode::kFailedPrecondition, "SUBSCRIPTION_ENDED"));
}

}  // namespace
}  // namespace crm::operational

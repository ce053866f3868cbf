#include "services/operational/domain/subscription.h"

#include <string>

#include "google/protobuf/text_format.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::EqualsProto;
using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;
using ::testing::ElementsAre;

// 100 EUR a month on trial, but for what `fields` say.
v1::Subscription Make(const std::string& fields) {
  v1::Subscription usual;
  v1::Subscription given;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      "name: 'subscriptions/s' state: TRIAL interval: MONTH "
      "amount { currency_code: 'EUR' units: 100 } "
      "start_date { year: 2026 month: 1 day: 31 }",
      &usual));
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(fields, &given));
  usual.MergeFrom(given);
  return usual;
}

TEST(PrepareSubscription, B19_WorksOutWhatItBringsAMonth) {
  struct Case {
    const char* fields;
    const char* monthly;
  };
  const Case kCases[] = {
      {"", "currency_code: 'EUR' units: 100"},
      {"interval: QUARTER", "currency_code: 'EUR' units: 33 nanos: 333333333"},
      {"interval: YEAR", "currency_code: 'EUR' units: 8 nanos: 333333333"},
  };
  for (const Case& test : kCases) {
    v1::Subscription subscription = Make(test.fields);

    ASSERT_THAT(PrepareSubscription(nullptr, subscription, {}), IsOk());

    EXPECT_THAT(subscription.monthly_amount(), EqualsProto(test.monthly));
    EXPECT_FALSE(subscription.has_end_date());
    EXPECT_EQ(EndOfTerm(subscription), absl::InfiniteFuture());
  }
}

TEST(PrepareSubscription, B19_TermsDoNotDriftFromTheirFirstDay) {
  v1::Subscription subscription = Make("term_months: 1 renews: true");
  ASSERT_THAT(PrepareSubscription(nullptr, subscription, {}), IsOk());
  EXPECT_THAT(subscription.end_date(),
              EqualsProto("year: 2026 month: 2 day: 27"));

  EndTerm(absl::UnixEpoch(), subscription);

  EXPECT_THAT(subscription.end_date(),
              EqualsProto("year: 2026 month: 3 day: 30"));
}

TEST(PrepareSubscription, RefusesWhatMakesNoSense) {
  v1::Subscription endless = Make("renews: true");
  v1::Subscription negative = Make("");

  EXPECT_THAT(PrepareSubscription(nullptr, endless, {}),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  negative.mutable_amount()->set_units(-1);
  EXPECT_THAT(PrepareSubscription(nullptr, negative, {}),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

TEST(PrepareSubscription, B19_KeepsItsTermsOnceItHasBegun) {
  const v1::Subscription active = Make("state: ACTIVE term_months: 12");
  v1::Subscription longer = active;
  longer.set_term_months(24);
  v1::Subscription dearer = active;
  dearer.mutable_amount()->set_units(120);

  EXPECT_THAT(
      PrepareSubscription(&active, longer, {}),
      StatusIs(absl::StatusCode::kFailedPrecondition, "SUBSCRIPTION_BEGUN"));
  EXPECT_THAT(PrepareSubscription(&active, dearer, {}), IsOk());
}

TEST(RevenueSums, B19_AddUpActiveOnesByCurrency) {
  RevenueSums sums;
  for (const char* fields :
       {"state: ACTIVE", "state: ACTIVE interval: YEAR", "state: PAUSED",
        "state: TRIAL", "state: CANCELLED", "state: EXPIRED",
        "state: ACTIVE amount { currency_code: 'CHF' }"}) {
    v1::Subscription subscription = Make(fields);
    ASSERT_THAT(PrepareSubscription(nullptr, subscription, {}), IsOk());
    sums.Add(subscription);
  }

  const auto revenues = sums.Revenues();

  ASSERT_THAT(revenues, IsOk());
  EXPECT_THAT(
      *revenues,
      ElementsAre(
          EqualsProto("monthly_amount { currency_code: 'CHF' units: 100 } "
                      "subscription_count: 1"),
          EqualsProto("monthly_amount { currency_code: 'EUR' units: 108 nanos: "
                      "333333333 } subscription_count: 2")));
}

}  // namespace
}  // namespace crm::operational

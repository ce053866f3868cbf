#include "services/operational/domain/goal.h"

#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/text_format.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::EqualsProto;
using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;

template <typename T>
T Parse(const std::string& text) {
  T message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message))
      << text;
  return message;
}

constexpr char kMay[] =
    "name: 'goals/may' start_date { year: 2026 month: 5 day: 1 } "
    "end_date { year: 2026 month: 5 day: 31 } ";
constexpr char kAmount[] =
    "metric: WON_AMOUNT target_amount { currency_code: 'EUR' units: 100 } ";
constexpr char kCount[] = "metric: ACTIVITY_COUNT target_count: 4 ";

v1::Goal May(absl::string_view fields) {
  return Parse<v1::Goal>(absl::StrCat(kMay, fields));
}

absl::Time At(const char* text) {
  absl::Time time;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &time, nullptr));
  return time;
}

TEST(PrepareGoal, B25_RefusesWhatCannotBeReachedOrMeasured) {
  constexpr char kEur5[] = "{ currency_code: 'EUR' units: 5 }";
  struct Case {
    std::string fields;
    std::vector<std::string> wrong;
  };
  for (const Case& test : std::vector<Case>{
           {kAmount, {}},
           {kCount, {}},
           {absl::StrCat(kCount, "time_zone: 'Europe/Vienna'"), {}},
           {absl::StrCat(kCount, "time_zone: 'Moon/Sea'"), {"goal.time_zone"}},
           {absl::StrCat(kCount, "end_date { year: 2026 month: 4 day: 30 }"),
            {"goal.end_date"}},
           {absl::StrCat(kCount, "end_date { year: 2036 month: 4 day: 30 }"),
            {}},
           {absl::StrCat(kCount, "end_date { year: 2036 month: 5 day: 1 }"),
            {"goal.end_date"}},
           {"metric: WON_AMOUNT", {"goal.target_amount"}},
           {"metric: ORDER_REVENUE target_amount { currency_code: 'EUR' }",
            {"goal.target_amount"}},
           {"metric: ORDER_REVENUE target_amount { currency_code: 'EUR' "
            "nanos: -1 }",
            {"goal.target_amount"}},
           {"metric: WON_COUNT", {"goal.target_count"}},
           {absl::StrCat("metric: WON_COUNT target_amount ", kEur5),
            {"goal.target_count", "goal.target_amount"}},
           {absl::StrCat(kAmount, "target_count: 1"), {"goal.target_count"}},
           {absl::StrCat(kCount, "target_amount ", kEur5),
            {"goal.target_amount"}}}) {
    v1::Goal goal = May("");
    // The last of two values of one field counts.
    goal.MergeFrom(Parse<v1::Goal>(test.fields));
    std::vector<std::string> wrong;
    for (const FieldViolation& violation :
         FieldViolations(PrepareGoal(nullptr, goal, {}))) {
      wrong.push_back(violation.field);
    }
    EXPECT_EQ(wrong, test.wrong) << test.fields;
  }
}

TEST(GainOf, B25_CountsOpportunitiesThatAreWonInThePeriod) {
  constexpr char kWon[] =
      "state: WON amount { currency_code: 'EUR' units: 7 } ";
  const v1::Goal goal = May(kAmount);
  struct Case {
    std::string fields;
    bool counts;
  };
  for (const Case& test : std::vector<Case>{
           {"close_date { year: 2026 month: 4 day: 30 }", false},
           {"close_date { year: 2026 month: 5 day: 1 }", true},
           {"close_date { year: 2026 month: 5 day: 31 }", true},
           {"close_date { year: 2026 month: 6 day: 1 }", false},
           {"close_date { year: 2026 month: 5 day: 2 } state: OPEN", false},
           {"close_date { year: 2026 month: 5 day: 2 } state: LOST", false},
           {"close_date { year: 2026 month: 5 day: 2 } forecast_category: "
            "OMITTED",
            true}}) {
    auto deal = Parse<v1::Opportunity>(kWon);
    deal.MergeFrom(Parse<v1::Opportunity>(test.fields));
    const auto gain = GainOf(goal, deal);
    EXPECT_EQ(gain.has_value(), test.counts) << test.fields;
    if (test.counts && gain.has_value()) {
      EXPECT_EQ(gain->amount.units(), 7);
    }
  }
}

TEST(GainOf, B25_AnOpportunityWithoutAnAmountCountsWhereNoneIsAskedFor) {
  const auto deal = Parse<v1::Opportunity>(
      "state: WON close_date { year: 2026 month: 5 day: 2 }");

  EXPECT_FALSE(GainOf(May(kAmount), deal).has_value());
  EXPECT_TRUE(
      GainOf(May("metric: WON_COUNT target_count: 1"), deal).has_value());
}

TEST(GainOf, B25_TheDayOfATimeIsThatOfTheZone) {
  auto activity = Parse<v1::Activity>("state: DONE");
  const v1::Goal utc = May(kCount);
  const v1::Goal vienna =
      May(absl::StrCat(kCount, "time_zone: 'Europe/Vienna'"));
  const auto done = [&](const char* time) {
    *activity.mutable_complete_time() = ToTimestamp(At(time));
    return std::pair(GainOf(utc, activity).has_value(),
                     GainOf(vienna, activity).has_value());
  };

  EXPECT_EQ(done("2026-04-30T22:30:00Z"), std::pair(false, true));
  EXPECT_EQ(done("2026-05-31T21:59:59Z"), std::pair(true, true));
  EXPECT_EQ(done("2026-05-31T22:00:00Z"), std::pair(true, false));
  activity.set_state(v1::Activity::CANCELLED);
  EXPECT_EQ(done("2026-05-15T12:00:00Z"), std::pair(false, false));
}

TEST(GainOf, B25_OrdersCountWithoutTaxOnceTheyAreConfirmed) {
  const v1::Goal goal =
      May("metric: ORDER_REVENUE target_amount { currency_code: 'EUR' units: 1 "
          "}");
  auto order = Parse<v1::Order>(
      "state: CONFIRMED totals { net { currency_code: 'EUR' units: 10 } "
      "total { currency_code: 'EUR' units: 12 } }");
  *order.mutable_confirm_time() = ToTimestamp(At("2026-05-15T12:00:00Z"));

  ASSERT_TRUE(GainOf(goal, order).has_value());
  EXPECT_EQ(GainOf(goal, order)->amount.units(), 10);
  order.set_state(v1::Order::CANCELLED);
  EXPECT_FALSE(GainOf(goal, order).has_value());
}

TEST(GainOf, B25_CustomersCountUnlessTheyWereMerged) {
  const v1::Goal goal = May("metric: NEW_CUSTOMER_COUNT target_count: 1");
  v1::Customer customer;
  *customer.mutable_create_time() = ToTimestamp(At("2026-05-31T23:59:59Z"));

  EXPECT_TRUE(GainOf(goal, customer).has_value());
  customer.set_merged_into("customers/ada");
  EXPECT_FALSE(GainOf(goal, customer).has_value());
}

TEST(ProgressOf, B25_ComparesWhatIsReachedWithTheTimeThatHasPassed) {
  const auto amount =
      ProgressOf(May(kAmount), {.nanos = 33'333'333'333, .count = 2},
                 At("2026-05-16T12:00:00Z"));
  const auto count = ProgressOf(May(kCount), {.nanos = 0, .count = 5},
                                At("2026-04-01T00:00:00Z"));
  const auto late = ProgressOf(May(kCount), {.nanos = 0, .count = 0},
                               At("2026-06-01T00:00:00Z"));

  ASSERT_THAT(amount, IsOk());
  EXPECT_THAT(*amount,
              EqualsProto("goal: 'goals/may' as_of_time { seconds: 1778932800 "
                          "} amount { currency_code: 'EUR' units: 33 nanos: "
                          "333333333 } count: 2 reached_millionths: 333333 "
                          "passed_millionths: 500000"));
  ASSERT_THAT(count, IsOk());
  EXPECT_EQ(count->reached_millionths(), 1'250'000);
  EXPECT_EQ(count->passed_millionths(), 0);
  ASSERT_THAT(late, IsOk());
  EXPECT_EQ(late->passed_millionths(), 1'000'000);
}

TEST(ProgressOf, B25_IsBoundedAtTheEndsOfItsNumbers) {
  const v1::Goal tiny =
      May("metric: WON_AMOUNT target_amount { currency_code: 'EUR' nanos: 1 }");
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  const absl::int128 most = absl::int128(kMax) * 1'000'000'000;

  const auto reached =
      ProgressOf(tiny, {.nanos = most, .count = 1}, absl::UnixEpoch());
  const auto beyond =
      ProgressOf(tiny, {.nanos = most * 2, .count = 2}, absl::UnixEpoch());

  ASSERT_THAT(reached, IsOk());
  EXPECT_EQ(reached->reached_millionths(), kMax);
  EXPECT_THAT(beyond,
              StatusIs(absl::StatusCode::kOutOfRange, "AMOUNT_OUT_OF_RANGE"));
}

}  // namespace
}  // namespace crm::operational

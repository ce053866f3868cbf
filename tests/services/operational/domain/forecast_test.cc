#include "services/operational/domain/forecast.h"

#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "google/protobuf/text_format.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using absl::CivilDay;
using ::crm::testing::EqualsProto;
using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;
using Row = v1::ForecastRow;

template <typename T>
T Parse(const std::string& text) {
  T message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message))
      << text;
  return message;
}

constexpr char kYear[] =
    "start_date { year: 2026 month: 1 day: 1 } "
    "end_date { year: 2026 month: 12 day: 31 } ";

v1::Opportunity Deal(const std::string& fields) {
  auto deal = Parse<v1::Opportunity>(absl::StrCat(
      "owner: 'user:ada' amount { currency_code: 'EUR' units: 100 } ", fields));
  if (deal.state() == v1::Opportunity::STATE_UNSPECIFIED) {
    deal.set_state(v1::Opportunity::OPEN);
  }
  return deal;
}

TEST(CheckForecast, NeedsDaysInTheirOrder) {
  const auto check = [](const char* end) {
    return CheckForecast(Parse<v1::ForecastOpportunitiesRequest>(absl::StrCat(
        "start_date { year: 2026 month: 2 day: 28 } end_date ", end)));
  };

  EXPECT_THAT(check("{ year: 2026 month: 2 day: 28 }"), IsOk());
  EXPECT_THAT(check("{ year: 2036 month: 2 day: 27 }"), IsOk());
  EXPECT_THAT(check("{ year: 2036 month: 2 day: 28 }"),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(check("{ year: 2026 month: 2 day: 27 }"),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

TEST(EntryOf, B14_CountsByStateCategoryAndProbability) {
  constexpr char kMay[] = "close_date { year: 2026 month: 5 day: 31 } ";
  struct Case {
    std::string fields;
    Row::Category category;
    int32_t probability;
  };
  const Case kCases[] = {
      {"probability_millionths: 499999", Row::PIPELINE, 499'999},
      {"probability_millionths: 500000", Row::BEST_CASE, 500'000},
      {"probability_millionths: 800000", Row::COMMIT, 800'000},
      {"probability_millionths: 1 forecast_category: COMMIT", Row::COMMIT, 1},
      {"state: WON probability_millionths: 1", Row::CLOSED, 1'000'000},
      {"state: WON forecast_category: OMITTED", Row::CLOSED, 1'000'000},
  };
  for (const Case& test : kCases) {
    const auto entry = EntryOf(Deal(absl::StrCat(kMay, test.fields)),
                               Parse<v1::ForecastOpportunitiesRequest>(kYear));

    ASSERT_TRUE(entry.has_value()) << test.fields;
    EXPECT_EQ(entry->category, test.category) << test.fields;
    EXPECT_EQ(entry->probability_millionths, test.probability) << test.fields;
    EXPECT_EQ(entry->period_start, CivilDay(2026, 5, 1)) << test.fields;
  }
}

TEST(EntryOf, LeavesOutWhatIsNotExpected) {
  const std::string kCases[] = {
      "state: LOST close_date { year: 2026 month: 5 day: 31 }",
      "forecast_category: OMITTED close_date { year: 2026 month: 5 day: 1 }",
      "close_date { year: 2027 month: 1 day: 1 }",
      "close_date { year: 2025 month: 12 day: 31 }",
      "",
  };
  for (const std::string& fields : kCases) {
    EXPECT_FALSE(
        EntryOf(Deal(fields), Parse<v1::ForecastOpportunitiesRequest>(kYear))
            .has_value())
        << fields;
  }
  v1::Opportunity worthless =
      Deal("close_date { year: 2026 month: 5 day: 31 }");
  worthless.clear_amount();
  EXPECT_FALSE(
      EntryOf(worthless, Parse<v1::ForecastOpportunitiesRequest>(kYear))
          .has_value());
}

TEST(EntryOf, BeginsQuartersInJanuary) {
  const auto request = Parse<v1::ForecastOpportunitiesRequest>(
      absl::StrCat(kYear, "period: QUARTER"));
  for (int month = 1; month <= 12; ++month) {
    const auto entry =
        EntryOf(Deal(absl::StrCat(
                    "close_date { year: 2026 day: 9 month: ", month, " }")),
                request);

    ASSERT_TRUE(entry.has_value());
    EXPECT_EQ(entry->period_start, CivilDay(2026, (month - 1) / 3 * 3 + 1, 1));
  }
}

TEST(CreditsOf, B15_AddUpToTheAmountExactly) {
  std::mt19937_64 random(15);
  for (int round = 0; round < 2'000; ++round) {
    v1::Opportunity deal = Deal("");
    int64_t left = 1'000'000;
    const auto users = static_cast<int>(random() % 19 + 1);
    for (int i = 0; i <= users && left > 0; ++i) {
      auto* split = deal.add_splits();
      split->set_user(absl::StrCat("users/u", i));
      const int64_t share =
          i == users ? left : static_cast<int64_t>(random() % left) + 1;
      split->set_share_millionths(static_cast<int32_t>(share));
      left -= share;
    }
    ForecastEntry entry;
    entry.probability_millionths = static_cast<int32_t>(random() % 1'000'001);
    const ForecastAmount whole =
        Weigh(static_cast<int64_t>(random() >> 2), entry);

    ForecastAmount sum;
    for (const Credit& credit : CreditsOf(deal, whole)) {
      EXPECT_GE(credit.amount.nanos, 0);
      sum.nanos += credit.amount.nanos;
      sum.weighted_nanos += credit.amount.weighted_nanos;
    }

    EXPECT_EQ(sum.nanos, whole.nanos);
    EXPECT_EQ(sum.weighted_nanos, whole.weighted_nanos);
  }
}

TEST(ForecastSums, NeverMixCurrencies) {
  ForecastSums sums;
  ForecastEntry entry;
  entry.period_start = CivilDay(2026, 5, 1);
  for (const char* currency : {"USD", "EUR", "USD"}) {
    ASSERT_THAT(sums.Add("user:ada", entry, currency,
                         {.nanos = 50'000'000'000, .weighted_nanos = 1}),
                IsOk());
  }

  const auto rows = sums.Rows(ForecastSums::Holder::kOwner);

  ASSERT_THAT(rows, IsOk());
  ASSERT_EQ(rows->size(), 2u);
  EXPECT_THAT((*rows)[0],
              EqualsProto("owner: 'user:ada' category: PIPELINE "
                          "period_start_date { year: 2026 month: 5 day: 1 } "
                          "amount { currency_code: 'EUR' units: 50 } "
                          "weighted_amount { currency_code: 'EUR' nanos: 1 } "
                          "opportunity_count: 1"));
  EXPECT_THAT((*rows)[1].amount(),
              EqualsProto("currency_code: 'USD' units: 100"));
}

TEST(ForecastSums, AreBounded) {
  ForecastSums sums;
  ForecastEntry entry;
  for (size_t i = 0; i < kMaxForecastRows; ++i) {
    ASSERT_THAT(sums.Add(absl::StrCat(i), entry, "EUR", {}), IsOk());
  }

  EXPECT_THAT(
      sums.Add("one more", entry, "EUR", {}),
      StatusIs(absl::StatusCode::kResourceExhausted, "FORECAST_TOO_LARGE"));
}

}  // namespace
}  // namespace crm::operational

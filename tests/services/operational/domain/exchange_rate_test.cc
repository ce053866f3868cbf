#include "services/operational/domain/exchange_rate.h"

#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::EqualsProto;
using ::crm::testing::IsOk;
using ::crm::testing::IsOkAndHolds;
using ::crm::testing::StatusIs;
using ::google::type::Money;
using ::testing::ElementsAre;

v1::ExchangeRate Rate(absl::string_view base, absl::string_view quote,
                      absl::string_view rate, int day = 1) {
  v1::ExchangeRate message;
  message.set_name(absl::StrCat("exchangeRates/", base, "-", quote, "-", day));
  message.set_base_currency_code(std::string(base));
  message.set_quote_currency_code(std::string(quote));
  message.set_rate(std::string(rate));
  message.mutable_valid_from_date()->set_year(2026);
  message.mutable_valid_from_date()->set_month(3);
  message.mutable_valid_from_date()->set_day(day);
  return message;
}

Money Of(absl::string_view currency, int64_t units, int32_t nanos = 0) {
  Money money;
  money.set_currency_code(std::string(currency));
  money.set_units(units);
  money.set_nanos(nanos);
  return money;
}

TEST(PrepareExchangeRate, HasAKeyThatSortsByDay) {
  v1::ExchangeRate rate = Rate("EUR", "USD", "1.08", 9);

  ASSERT_THAT(PrepareExchangeRate(nullptr, rate, {}), IsOk());

  EXPECT_EQ(rate.rate_key(), "EUR/USD/2026-03-09");
}

TEST(PrepareExchangeRate, IsOfTwoCurrenciesAndMoreThanNothing) {
  v1::ExchangeRate rate = Rate("EUR", "EUR", "0.000000000");

  const absl::Status status = PrepareExchangeRate(nullptr, rate, {});

  EXPECT_THAT(status,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_EQ(FieldViolations(status).size(), 2u);
}

TEST(Convert, A50_GoesByTheRateAndBack) {
  const Conversion there = ByRate(Rate("EUR", "USD", "1.0842"));

  EXPECT_THAT(Convert(Of("EUR", 100), there, "USD"),
              IsOkAndHolds(EqualsProto(
                  "currency_code: 'USD' units: 108 nanos: 420000000")));
  // 100 / 1.0842 = 92.23390518...
  EXPECT_THAT(Convert(Of("USD", 100), Inverse(there), "EUR"),
              IsOkAndHolds(EqualsProto(
                  "currency_code: 'EUR' units: 92 nanos: 233905184")));
  EXPECT_EQ(RateText(there), "1.0842");
  EXPECT_EQ(RateText(Inverse(there)), "0.922339052");
  EXPECT_THAT(there.rates, ElementsAre("exchangeRates/EUR-USD-1"));
}

TEST(Convert, RoundsAChainOnce) {
  // Through an amount in EUR, rounded to nanos, three thirds would be lost.
  const Conversion chain = Chain(Inverse(ByRate(Rate("EUR", "AAA", "3"))),
                                 ByRate(Rate("EUR", "BBB", "3", 2)));

  EXPECT_THAT(Convert(Of("AAA", 1), chain, "BBB"),
              IsOkAndHolds(EqualsProto("currency_code: 'BBB' units: 1")));
  EXPECT_EQ(RateText(chain), "1");
  EXPECT_EQ(chain.day, absl::CivilDay(2026, 3, 2));
  EXPECT_THAT(chain.rates, ElementsAre("exchangeRates/EUR-AAA-1",
                                       "exchangeRates/EUR-BBB-2"));
}

TEST(Convert, RoundsHalfToEven) {
  const Conversion half = ByRate(Rate("EUR", "USD", "0.5"));

  EXPECT_THAT(Convert(Of("EUR", 0, 1), half, "USD"),
              IsOkAndHolds(EqualsProto("currency_code: 'USD'")));
  EXPECT_THAT(Convert(Of("EUR", 0, 3), half, "USD"),
              IsOkAndHolds(EqualsProto("currency_code: 'USD' nanos: 2")));
  EXPECT_THAT(Convert(Of("EUR", 0, -3), half, "USD"),
              IsOkAndHolds(EqualsProto("currency_code: 'USD' nanos: -2")));
}

TEST(Convert, SaysWhatAMoneyCannotHold) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

  EXPECT_THAT(Convert(Of("EUR", kMost), ByRate(Rate("EUR", "USD", "2")), "USD"),
              StatusIs(absl::StatusCode::kOutOfRange, "AMOUNT_OUT_OF_RANGE"));
  EXPECT_THAT(
      Convert(Of("EUR", kMost, 999'999'999),
              Inverse(ByRate(Rate("USD", "EUR", "0.000000001"))), "USD"),
      StatusIs(absl::StatusCode::kOutOfRange, "AMOUNT_OUT_OF_RANGE"));
  EXPECT_THAT(Convert(Of("EUR", kMost, 999'999'999),
                      ByRate(Rate("EUR", "USD", "999999999.999999999")), "USD"),
              StatusIs(absl::StatusCode::kOutOfRange, "AMOUNT_OUT_OF_RANGE"));
}

}  // namespace
}  // namespace crm::operational

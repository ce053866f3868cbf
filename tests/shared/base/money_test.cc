#include "shared/base/money.h"

#include <limits>
#include <random>
#include <vector>

#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::EqualsProto;
using ::crm::testing::IsOk;
using ::crm::testing::IsOkAndHolds;
using ::crm::testing::StatusIs;
using ::google::type::Money;
using ::testing::ElementsAre;

constexpr int64_t kMaxUnits = std::numeric_limits<int64_t>::max();
constexpr int64_t kMinUnits = std::numeric_limits<int64_t>::min();
constexpr int32_t kMaxNanos = 999'999'999;

Money Amount(int64_t units, int32_t nanos, absl::string_view currency = "USD") {
  Money money;
  money.set_units(units);
  money.set_nanos(nanos);
  money.set_currency_code(std::string(currency));
  return money;
}

std::vector<std::string> BadFields(const Money& money) {
  std::vector<std::string> fields;
  for (const auto& violation :
       FieldViolations(ValidateMoney(money, "order.total"))) {
    fields.push_back(violation.field);
  }
  return fields;
}

TEST(ValidateMoney, TakesWellFormedAmounts) {
  for (const Money& money :
       {Amount(0, 0), Amount(1, 750'000'000), Amount(-1, -750'000'000),
        Amount(0, -1), Amount(kMaxUnits, kMaxNanos),
        Amount(kMinUnits, -kMaxNanos)}) {
    EXPECT_THAT(ValidateMoney(money, "price"), IsOk()) << FormatMoney(money);
  }
}

TEST(ValidateMoney, NamesEveryBadPart) {
  EXPECT_THAT(BadFields(Amount(1, 0, "")),
              ElementsAre("order.total.currency_code"));
  EXPECT_THAT(BadFields(Amount(1, 0, "usd")),
              ElementsAre("order.total.currency_code"));
  EXPECT_THAT(BadFields(Amount(1, 0, "USDT")),
              ElementsAre("order.total.currency_code"));
  EXPECT_THAT(BadFields(Amount(1, -1)), ElementsAre("order.total.nanos"));
  EXPECT_THAT(BadFields(Amount(-1, 1)), ElementsAre("order.total.nanos"));
  EXPECT_THAT(BadFields(Amount(0, 1'000'000'000)),
              ElementsAre("order.total.nanos"));
  EXPECT_THAT(BadFields(Amount(0, -1'000'000'000, "$")),
              ElementsAre("order.total.currency_code", "order.total.nanos"));
}

TEST(FromNanos, KeepsOneSignInBothParts) {
  EXPECT_THAT(FromNanos("USD", -1'750'000'000),
              IsOkAndHolds(EqualsProto(
                  "currency_code: 'USD' units: -1 nanos: -750000000")));
}

TEST(FromNanos, RefusesOneUnitTooMany) {
  const absl::int128 most = ToNanos(Amount(kMaxUnits, kMaxNanos));
  const absl::int128 least = ToNanos(Amount(kMinUnits, -kMaxNanos));

  EXPECT_THAT(FromNanos("USD", most), IsOk());
  EXPECT_THAT(FromNanos("USD", least), IsOk());
  EXPECT_THAT(FromNanos("USD", most + 1),
              StatusIs(absl::StatusCode::kOutOfRange, "AMOUNT_OUT_OF_RANGE"));
  EXPECT_THAT(FromNanos("USD", least - 1),
              StatusIs(absl::StatusCode::kOutOfRange, "AMOUNT_OUT_OF_RANGE"));
}

TEST(Add, CarriesBetweenNanosAndUnits) {
  EXPECT_THAT(Add(Amount(1, 600'000'000), Amount(1, 600'000'000)),
              IsOkAndHolds(EqualsProto(
                  "currency_code: 'USD' units: 3 nanos: 200000000")));
  EXPECT_THAT(
      Add(Amount(1, 0), Amount(0, -1)),
      IsOkAndHolds(EqualsProto("currency_code: 'USD' nanos: 999999999")));
}

TEST(Add, RefusesMixedCurrenciesEvenOfNothing) {
  EXPECT_THAT(
      Add(Amount(1, 0, "USD"), Amount(0, 0, "EUR")),
      StatusIs(absl::StatusCode::kInvalidArgument, "CURRENCY_MISMATCH"));
  EXPECT_THAT(
      Add(Amount(1, 0, "USD"), Amount(1, 0, "")),
      StatusIs(absl::StatusCode::kInvalidArgument, "CURRENCY_MISMATCH"));
}

TEST(Add, TakesAnEmptyAmountAsNothing) {
  const auto expected = EqualsProto("currency_code: 'USD' units: 5");
  EXPECT_THAT(Add(Money(), Amount(5, 0)), IsOkAndHolds(expected));
  EXPECT_THAT(Add(Amount(5, 0), Money()), IsOkAndHolds(expected));
}

TEST(Add, RefusesASumThatDoesNotFit) {
  EXPECT_THAT(Add(Amount(kMaxUnits, kMaxNanos), Amount(0, 1)),
              StatusIs(absl::StatusCode::kOutOfRange, "AMOUNT_OUT_OF_RANGE"));
}

TEST(PartOf, RoundsHalfToEven) {
  EXPECT_EQ(PartOf(10, 1, 4), 2);  // 2.5
  EXPECT_EQ(PartOf(14, 1, 4), 4);  // 3.5
  EXPECT_EQ(PartOf(11, 1, 4), 3);  // 2.75
  EXPECT_EQ(PartOf(9, 1, 4), 2);   // 2.25
  EXPECT_EQ(PartOf(-10, 1, 4), -2);
  EXPECT_EQ(PartOf(-14, 1, 4), -4);
  EXPECT_EQ(PartOf(-11, 1, 4), -3);
  EXPECT_EQ(PartOf(5, 1, 3), 2);  // 1.67
  EXPECT_EQ(PartOf(7, 0, 3), 0);
}

TEST(PartOf, HoldsThePartsOfTheLargestMoney) {
  const absl::int128 most =
      absl::int128(std::numeric_limits<int64_t>::max()) * kNanosPerUnit;

  EXPECT_EQ(PartOf(most, 1'000'000, 1'000'000), most);
  EXPECT_EQ(PartOf(most, 1'000'000'000, 1'000'000'000), most);
}

TEST(MultiplyExact, AppliesTheDiscountWithoutRounding) {
  // 3 x 19.99 less 15 %.
  EXPECT_THAT(MultiplyExact(19'990'000'000, 3, 150'000),
              IsOkAndHolds(absl::int128(50'974'500'000)));
  EXPECT_THAT(MultiplyExact(19'990'000'000, 3, 0),
              IsOkAndHolds(absl::int128(59'970'000'000)));
  EXPECT_THAT(MultiplyExact(19'990'000'000, 3, 1'000'000),
              IsOkAndHolds(absl::int128(0)));
  EXPECT_THAT(MultiplyExact(-2'000'000, -5, 500'000),
              IsOkAndHolds(absl::int128(5'000'000)));
}

TEST(MultiplyExact, RefusesAFractionOfANano) {
  EXPECT_THAT(MultiplyExact(1, 1, 500'000),
              StatusIs(absl::StatusCode::kInvalidArgument, "INEXACT_AMOUNT"));
  EXPECT_THAT(MultiplyExact(1, 2, 500'000), IsOkAndHolds(absl::int128(1)));
}

TEST(MultiplyExact, RefusesADiscountBeyondThePrice) {
  EXPECT_THAT(MultiplyExact(1, 1, -1),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_DISCOUNT"));
  EXPECT_THAT(MultiplyExact(1, 1, 1'000'001),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_DISCOUNT"));
}

TEST(MultiplyExact, RefusesWhatDoesNotFit) {
  EXPECT_THAT(MultiplyExact(absl::Int128Max(), 1, 0),
              IsOkAndHolds(absl::Int128Max()));
  EXPECT_THAT(MultiplyExact(absl::Int128Max(), 2, 0),
              StatusIs(absl::StatusCode::kOutOfRange, "AMOUNT_OUT_OF_RANGE"));
  EXPECT_THAT(MultiplyExact(absl::Int128Min(), -1, 0),
              StatusIs(absl::StatusCode::kOutOfRange, "AMOUNT_OUT_OF_RANGE"));
}

TEST(FormatMoney, LeavesOutZerosThatSayNothing) {
  EXPECT_EQ(FormatMoney(Amount(1, 750'000'000)), "1.75 USD");
  EXPECT_EQ(FormatMoney(Amount(0, -1, "EUR")), "-0.000000001 EUR");
  EXPECT_EQ(FormatMoney(Amount(3, 0)), "3 USD");
  EXPECT_EQ(FormatMoney(Amount(0, 0)), "0 USD");
  EXPECT_EQ(FormatMoney(Money()), "0");
  EXPECT_EQ(FormatMoney(Amount(kMinUnits, -kMaxNanos)),
            "-9223372036854775808.999999999 USD");
}

// Random amounts over the whole range, with many near its ends and near zero.
class MoneyProperty : public ::testing::Test {
 protected:
  static constexpr int kRounds = 100'000;

  Money Random() {
    const int64_t bits = std::uniform_int_distribution<int64_t>(0, 63)(random_);
    auto units = static_cast<int64_t>(random_() >> bits);
    auto nanos = std::uniform_int_distribution<int32_t>(0, kMaxNanos)(random_);
    if (random_() % 4 == 0) nanos = random_() % 2 == 0 ? 0 : kMaxNanos;
    if (units < 0) {
      nanos = -nanos;
    } else if (random_() % 2 == 0) {
      units = -units;
      nanos = -nanos;
    }
    return Amount(units, nanos);
  }

  std::mt19937_64 random_{20240229};
};

TEST_F(MoneyProperty, NanosAndMoneyAreTheSameAmount) {
  for (int i = 0; i < kRounds; ++i) {
    const Money money = Random();
    ASSERT_THAT(ValidateMoney(money, "m"), IsOk()) << FormatMoney(money);
    const auto back = FromNanos("USD", ToNanos(money));
    ASSERT_THAT(back, IsOk());
    ASSERT_EQ(back->SerializeAsString(), money.SerializeAsString());
  }
}

TEST_F(MoneyProperty, SumsAreExactAndWellFormed) {
  int out_of_range = 0;
  for (int i = 0; i < kRounds; ++i) {
    const Money a = Random();
    const Money b = Random();
    const auto sum = Add(a, b);
    const auto reversed = Add(b, a);
    ASSERT_EQ(sum.status(), reversed.status());
    if (!sum.ok()) {
      ASSERT_THAT(
          sum, StatusIs(absl::StatusCode::kOutOfRange, "AMOUNT_OUT_OF_RANGE"));
      ++out_of_range;
      continue;
    }
    ASSERT_EQ(ToNanos(*sum), ToNanos(a) + ToNanos(b));
    ASSERT_THAT(ValidateMoney(*sum, "m"), IsOk());
  }
  EXPECT_GT(out_of_range, 0);
  EXPECT_LT(out_of_range, kRounds / 10);
}

TEST_F(MoneyProperty, ProductsAreExactOrRefused) {
  int exact = 0;
  for (int i = 0; i < kRounds; ++i) {
    // Small enough that this test's own product fits 128 bits.
    const absl::int128 price = static_cast<int64_t>(random_() >> 8);
    const auto quantity = static_cast<int64_t>(random_() % 100'000);
    const auto discount = static_cast<int32_t>(random_() % 101) * 10'000;
    const absl::int128 product = price * quantity * (1'000'000 - discount);
    const auto result = MultiplyExact(price, quantity, discount);
    if (product % 1'000'000 == 0) {
      ASSERT_THAT(result, IsOkAndHolds(product / 1'000'000));
      ++exact;
    } else {
      ASSERT_THAT(result, StatusIs(absl::StatusCode::kInvalidArgument,
                                   "INEXACT_AMOUNT"));
    }
  }
  EXPECT_GT(exact, kRounds / 100);
  EXPECT_LT(exact, kRounds);
}

}  // namespace
}  // namespace crm

// Exact totals over random orders, against a computation that shares no code
// with the one under test.

#include <cstdint>
#include <random>
#include <string>

#include "gtest/gtest.h"
#include "services/operational/domain/order.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::IsOk;

// GCC's own type, where the code under test uses Abseil's.
__extension__ using Int128 = __int128;

constexpr int kOrders = 100'000;
constexpr int kMaxLines = 8;
constexpr int64_t kNanos = 1'000'000'000;
constexpr int64_t kMillionths = 1'000'000;

int64_t Draw(std::mt19937_64& random, int64_t least, int64_t greatest) {
  return std::uniform_int_distribution<int64_t>(least, greatest)(random);
}

// Adds a line whose amount is a whole number of nanos, and returns that: prices
// are in cents or in whole thousandths of a cent, discounts in whole per mille.
Int128 AddLine(std::mt19937_64& random, v1::Order& order) {
  const int64_t step = Draw(random, 0, 1) == 0 ? 10'000'000 : 10'000;
  const int64_t units = Draw(random, 0, 3) == 0 ? 0 : Draw(random, 0, 99'999);
  const int64_t nanos = Draw(random, 0, kNanos / step - 1) * step;
  const int64_t quantity =
      Draw(random, 1, 9) < 9 ? Draw(random, 1, 14) : Draw(random, 1, kNanos);
  const int64_t discount =
      Draw(random, 0, 1) == 0 ? 0 : Draw(random, 0, 1'000) * 1'000;
  v1::OrderLine& line = *order.add_lines();
  line.set_line_id("line-" + std::to_string(order.lines_size()));
  line.set_quantity(quantity);
  line.set_discount_millionths(static_cast<int32_t>(discount));
  line.mutable_unit_price()->set_currency_code(order.currency_code());
  line.mutable_unit_price()->set_units(units);
  line.mutable_unit_price()->set_nanos(static_cast<int32_t>(nanos));
  const Int128 price = static_cast<Int128>(units) * kNanos + nanos;
  return price * quantity * (kMillionths - discount) / kMillionths;
}

// Rounds value x part / whole half to even, by comparing both neighbours.
Int128 HalfToEven(Int128 value, int64_t part) {
  const Int128 exact = value * part;
  const Int128 below = exact / kMillionths;
  const Int128 above = below + 1;
  const Int128 down = exact - below * kMillionths;
  const Int128 up = above * kMillionths - exact;
  if (down != up) return down < up ? below : above;
  return below % 2 == 0 ? below : above;
}

Int128 NanosOf(const google::type::Money& money) {
  return static_cast<Int128>(money.units()) * kNanos + money.nanos();
}

// total = sum of lines - discounts + tax, for discounts and rates down to a
// millionth.
TEST(OperationalRows, OP_04_TotalsWithDiscountAndTaxAreExact) {
  std::mt19937_64 random(20'260'102);
  for (int i = 0; i < kOrders; ++i) {
    v1::Order order;
    order.set_currency_code("EUR");
    const int64_t discount = Draw(random, 0, kMillionths);
    order.set_discount_millionths(static_cast<int32_t>(discount));
    Int128 subtotal = 0;
    Int128 net = 0;
    Int128 tax = 0;
    for (int64_t lines = Draw(random, 0, kMaxLines); lines > 0; --lines) {
      const Int128 amount = AddLine(random, order);
      v1::OrderLine& line = *order.mutable_lines(order.lines_size() - 1);
      const int64_t rate = Draw(random, 0, 400'000);
      line.set_tax_class("taxClasses/" + std::to_string(Draw(random, 0, 2)));
      line.set_tax_rate_millionths(static_cast<int32_t>(rate));
      const Int128 line_net = HalfToEven(amount, kMillionths - discount);
      subtotal += amount;
      net += line_net;
      tax += HalfToEven(line_net, rate);
    }

    ASSERT_THAT(PriceOrder(order), IsOk()) << order.ShortDebugString();

    const v1::SalesTotals& totals = order.totals();
    Int128 taxes = 0;
    Int128 bases = 0;
    for (const v1::TaxTotal& by_class : totals.taxes()) {
      taxes += NanosOf(by_class.tax());
      bases += NanosOf(by_class.base());
    }
    ASSERT_TRUE(NanosOf(totals.subtotal()) == subtotal &&
                NanosOf(totals.discount()) == subtotal - net &&
                NanosOf(totals.net()) == net && bases == net &&
                NanosOf(totals.tax()) == tax && taxes == tax &&
                NanosOf(totals.total()) == net + tax &&
                NanosOf(order.total()) == net + tax)
        << order.ShortDebugString();
  }
}

TEST(OperationalRows, OP_04_TotalsOfRandomOrdersAreExact) {
  std::mt19937_64 random(20'260'101);
  for (int i = 0; i < kOrders; ++i) {
    v1::Order order;
    order.set_currency_code("USD");
    Int128 total = 0;
    for (int64_t lines = Draw(random, 0, kMaxLines); lines > 0; --lines) {
      total += AddLine(random, order);
    }

    ASSERT_THAT(PriceOrder(order), IsOk()) << order.ShortDebugString();

    ASSERT_EQ(order.total().currency_code(), "USD");
    ASSERT_EQ(order.total().units(), static_cast<int64_t>(total / kNanos))
        << order.ShortDebugString();
    ASSERT_EQ(order.total().nanos(), static_cast<int32_t>(total % kNanos))
        << order.ShortDebugString();
  }
}

}  // namespace
}  // namespace crm::operational

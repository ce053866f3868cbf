// Arithmetic on money: exact, in one currency, and out of range rather than
// wrong.

#include <string>

#include "shared/base/money.h"
#include "tests/fuzz/fuzz_input.h"

namespace crm {
namespace {

using google::type::Money;
using testing::Expect;
using testing::FuzzInput;

Money NextMoney(FuzzInput& input) {
  static constexpr absl::string_view kCurrencies[] = {"USD", "EUR", "", "usd"};
  Money money;
  money.set_currency_code(std::string(kCurrencies[input.Below(4)]));
  money.set_units(input.Integer());
  money.set_nanos(static_cast<int32_t>(input.Integer()));
  return money;
}

void CheckMoney(FuzzInput input) {
  const Money a = NextMoney(input);
  const Money b = NextMoney(input);
  const int64_t quantity = input.Integer();
  const auto discount = static_cast<int32_t>(input.Integer());
  FormatMoney(a);
  if (!ValidateMoney(a, "a").ok() || !ValidateMoney(b, "b").ok()) return;

  const auto same = FromNanos(a.currency_code(), ToNanos(a));
  Expect(same.ok() && same->units() == a.units() && same->nanos() == a.nanos(),
         "nanos that are another amount");
  const auto sum = Add(a, b);
  const auto reversed = Add(b, a);
  Expect(sum.ok() == reversed.ok(), "a sum that depends on the order");
  if (sum.ok()) {
    Expect(ToNanos(*sum) == ToNanos(a) + ToNanos(b), "a wrong sum");
    Expect(ValidateMoney(*sum, "sum").ok(), "a malformed sum");
    Expect(sum->SerializeAsString() == reversed->SerializeAsString(),
           "two sums");
  }
  if (a.currency_code() != b.currency_code()) {
    Expect(!sum.ok(), "a sum of two currencies");
  }
  const auto product = MultiplyExact(ToNanos(a), quantity, discount);
  if (product.ok()) {
    Expect(discount >= 0 && discount <= 1'000'000, "a discount out of range");
    if (discount == 0 && quantity != 0) {
      Expect(*product / quantity == ToNanos(a) && *product % quantity == 0,
             "a wrong product");
    }
  }
}

}  // namespace
}  // namespace crm

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  crm::CheckMoney({data, size});
  return 0;
}

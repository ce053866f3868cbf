#include "shared/base/money.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "shared/base/errors.h"

namespace crm {
namespace {

using google::type::Money;

constexpr int32_t kMillion = 1'000'000;

absl::Status AmountOutOfRange() {
  return OutOfRange("AMOUNT_OUT_OF_RANGE",
                    "The amount is larger than a Money can hold; split it.");
}

absl::int128 Magnitude(absl::int128 value) {
  return value < 0 ? -value : value;
}

// Returns whether a x b fits 128 bits. Rejects the smallest number, whose
// magnitude does not.
bool ProductFits(absl::int128 a, int64_t b) {
  if (a == absl::Int128Min()) return b == 0;
  return b == 0 || Magnitude(a) <= absl::Int128Max() / Magnitude(b);
}

}  // namespace

absl::Status ValidateMoney(const Money& money, absl::string_view field) {
  std::vector<FieldViolation> violations;
  const std::string& currency = money.currency_code();
  if (currency.size() != 3 ||
      !std::all_of(currency.begin(), currency.end(), absl::ascii_isupper)) {
    violations.push_back(
        {absl::StrCat(field, ".currency_code"),
         "A currency is three upper-case letters of ISO 4217, as in 'USD'."});
  }
  if (money.nanos() <= -kNanosPerUnit || money.nanos() >= kNanosPerUnit) {
    violations.push_back(
        {absl::StrCat(field, ".nanos"),
         "Nanos are between -999999999 and 999999999; carry the rest into "
         "units."});
  } else if ((money.units() > 0 && money.nanos() < 0) ||
             (money.units() < 0 && money.nanos() > 0)) {
    violations.push_back(
        {absl::StrCat(field, ".nanos"), "Units and nanos have the same sign."});
  }
  return violations.empty() ? absl::OkStatus() : BadRequest(violations);
}

absl::int128 ToNanos(const Money& money) {
  return absl::int128(money.units()) * kNanosPerUnit + money.nanos();
}

absl::StatusOr<Money> FromNanos(absl::string_view currency,
                                absl::int128 nanos) {
  // Division truncates towards zero, so both parts keep the sign.
  const absl::int128 units = nanos / kNanosPerUnit;
  if (units > std::numeric_limits<int64_t>::max() ||
      units < std::numeric_limits<int64_t>::min()) {
    return AmountOutOfRange();
  }
  Money money;
  money.set_currency_code(std::string(currency));
  money.set_units(static_cast<int64_t>(units));
  money.set_nanos(static_cast<int32_t>(nanos % kNanosPerUnit));
  return money;
}

absl::StatusOr<Money> Add(const Money& a, const Money& b) {
  const auto is_neutral = [](const Money& money) {
    return money.currency_code().empty() && ToNanos(money) == 0;
  };
  if (is_neutral(a)) return b;
  if (is_neutral(b)) return a;
  if (a.currency_code() != b.currency_code()) {
    return InvalidArgument(
        "CURRENCY_MISMATCH",
        absl::StrCat("'", a.currency_code(), "' and '", b.currency_code(),
                     "' cannot be added; convert one of them first."),
        {{"first", a.currency_code()}, {"second", b.currency_code()}});
  }
  return FromNanos(a.currency_code(), ToNanos(a) + ToNanos(b));
}

absl::StatusOr<absl::int128> MultiplyExact(absl::int128 price_nanos,
                                           int64_t quantity,
                                           int32_t discount_millionths) {
  if (discount_millionths < 0 || discount_millionths > kMillion) {
    return InvalidArgument("BAD_DISCOUNT",
                           "A discount is between nothing and all of a price.");
  }
  if (!ProductFits(price_nanos, quantity)) return AmountOutOfRange();
  const absl::int128 full = price_nanos * quantity;
  // In lowest terms the divisor has to divide the full price itself, and what
  // is left cannot grow past it.
  const int32_t kept = kMillion - discount_millionths;
  const int32_t common = std::gcd(kept, kMillion);
  const int32_t divisor = kMillion / common;
  if (full % divisor != 0) {
    return InvalidArgument(
        "INEXACT_AMOUNT",
        "The discounted price is not a whole number of nanos; give a price "
        "with fewer decimal places.");
  }
  return full / divisor * (kept / common);
}

absl::int128 PartOf(absl::int128 nanos, int64_t numerator,
                    int64_t denominator) {
  const absl::int128 product = nanos * numerator;
  const absl::int128 part = product / denominator;
  // Twice what was cut off, which cannot overflow.
  const absl::int128 rest = Magnitude(product % denominator) * 2;
  const bool away =
      rest > denominator || (rest == denominator && part % 2 != 0);
  if (!away) return part;
  return product < 0 ? part - 1 : part + 1;
}

std::string FormatMoney(const Money& money) {
  const absl::int128 nanos = ToNanos(money);
  const absl::int128 magnitude = Magnitude(nanos);
  std::string text = absl::StrCat(
      nanos < 0 ? "-" : "", static_cast<uint64_t>(magnitude / kNanosPerUnit));
  const auto fraction = static_cast<int32_t>(magnitude % kNanosPerUnit);
  if (fraction != 0) {
    std::string digits = absl::StrFormat("%09d", fraction);
    digits.erase(digits.find_last_not_of('0') + 1);
    absl::StrAppend(&text, ".", digits);
  }
  if (!money.currency_code().empty()) {
    absl::StrAppend(&text, " ", money.currency_code());
  }
  return text;
}

}  // namespace crm

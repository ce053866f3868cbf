#include "services/operational/domain/exchange_rate.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "services/operational/domain/calendar_day.h"
#include "shared/base/errors.h"
#include "shared/base/money.h"
#include "shared/base/status_macros.h"

namespace crm::operational {
namespace {

using ::google::type::Money;

constexpr size_t kDecimals = 9;

// Returns a decimal of the pattern of `rate` in nanos.
int64_t NanosOf(absl::string_view rate) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(rate, absl::MaxSplits('.', 1));
  std::string digits(parts.second);
  digits.resize(kDecimals, '0');
  int64_t units = 0;
  int64_t nanos = 0;
  // The pattern of the field has admitted digits alone.
  (void)absl::SimpleAtoi(parts.first, &units);
  (void)absl::SimpleAtoi(digits, &nanos);
  return units * kNanosPerUnit + nanos;
}

absl::Status TooLarge() {
  return OutOfRange(
      "AMOUNT_OUT_OF_RANGE",
      "The converted amount is larger than a Money can hold; split it.");
}

}  // namespace

absl::Status PrepareExchangeRate(const v1::ExchangeRate* /*before*/,
                                 v1::ExchangeRate& after,
                                 const RuleContext& /*context*/) {
  std::vector<FieldViolation> violations;
  if (after.base_currency_code() == after.quote_currency_code()) {
    violations.push_back({"exchange_rate.quote_currency_code",
                          "must be another currency than the base."});
  }
  if (NanosOf(after.rate()) == 0) {
    violations.push_back({"exchange_rate.rate", "must be more than 0."});
  }
  if (!violations.empty()) return BadRequest(violations);
  after.set_rate_key(RateKey(after.base_currency_code(),
                             after.quote_currency_code(),
                             ToDay(after.valid_from_date())));
  return absl::OkStatus();
}

std::string RateKey(absl::string_view base, absl::string_view quote,
                    absl::CivilDay day) {
  return absl::StrCat(base, "/", quote, "/", FormatDay(day));
}

Conversion ByRate(const v1::ExchangeRate& rate) {
  return {.ratio = {.numerator = static_cast<uint64_t>(NanosOf(rate.rate())),
                    .denominator = kNanosPerUnit},
          .rates = {rate.name()},
          .day = ToDay(rate.valid_from_date())};
}

Conversion Inverse(const Conversion& conversion) {
  Conversion inverse = conversion;
  std::swap(inverse.ratio.numerator, inverse.ratio.denominator);
  return inverse;
}

Conversion Chain(const Conversion& first, const Conversion& second) {
  // Rates have 60 bits, so that of two the products have 120.
  Conversion chain;
  chain.ratio.numerator = first.ratio.numerator * second.ratio.numerator;
  chain.ratio.denominator = first.ratio.denominator * second.ratio.denominator;
  chain.rates = first.rates;
  chain.rates.insert(chain.rates.end(), second.rates.begin(),
                     second.rates.end());
  chain.day = std::max(first.day, second.day);
  return chain;
}

absl::StatusOr<Money> Convert(const Money& amount, const Conversion& conversion,
                              absl::string_view currency) {
  const auto nanos = Scale(ToNanos(amount), conversion.ratio);
  if (!nanos.has_value()) return TooLarge();
  auto converted = FromNanos(currency, *nanos);
  if (!converted.ok()) return TooLarge();
  return converted;
}

std::string RateText(const Conversion& conversion) {
  const auto nanos = Scale(kNanosPerUnit, conversion.ratio);
  // A ratio of two rates has at most 36 digits before the point.
  const absl::int128 whole = nanos.value_or(0) / kNanosPerUnit;
  const auto fraction = static_cast<int64_t>(nanos.value_or(0) % kNanosPerUnit);
  std::string text = absl::StrFormat("%d", whole);
  if (fraction == 0) return text;
  std::string digits = absl::StrFormat("%09d", fraction);
  digits.erase(digits.find_last_not_of('0') + 1);
  return absl::StrCat(text, ".", digits);
}

}  // namespace crm::operational

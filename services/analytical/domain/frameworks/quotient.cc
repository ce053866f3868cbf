#include "services/analytical/domain/frameworks/quotient.h"

#include <cstdint>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace crm::analytical {
namespace {

absl::int128 Most() {
  return absl::int128(1'000'000'000'000'000) * 1'000'000'000'000;
}

absl::int128 GreatestCommonDivisor(absl::int128 a, absl::int128 b) {
  while (b != 0) a = std::exchange(b, a % b);
  return a;
}

std::string ToText(absl::int128 value) {
  std::string digits;
  do {
    digits.insert(digits.begin(),
                  static_cast<char>('0' + static_cast<int>(value % 10)));
    value /= 10;
  } while (value != 0);
  return digits;
}

}  // namespace

std::optional<Quotient> MakeQuotient(absl::int128 numerator,
                                     absl::int128 denominator) {
  if (numerator < 0 || denominator <= 0) return std::nullopt;
  const absl::int128 divisor = GreatestCommonDivisor(numerator, denominator);
  const Quotient value{numerator / divisor, denominator / divisor};
  if (value.numerator > Most() || value.denominator > Most()) {
    return std::nullopt;
  }
  return value;
}

std::string ToText(const Quotient& value) {
  if (value.denominator == 1) return ToText(value.numerator);
  return absl::StrCat(ToText(value.numerator), "/", ToText(value.denominator));
}

std::optional<Quotient> ParseQuotient(absl::string_view text) {
  const size_t slash = text.find('/');
  absl::int128 numerator = 0;
  absl::int128 denominator = 1;
  if (!absl::SimpleAtoi(text.substr(0, slash), &numerator)) return std::nullopt;
  if (slash != absl::string_view::npos &&
      !absl::SimpleAtoi(text.substr(slash + 1), &denominator)) {
    return std::nullopt;
  }
  return MakeQuotient(numerator, denominator);
}

}  // namespace crm::analytical

#include "shared/base/ratio.h"

namespace crm {
namespace {

constexpr int kBits = 128;

// A whole number of 256 bits.
struct Wide {
  absl::uint128 high;
  absl::uint128 low;
};

Wide Multiply(absl::uint128 a, absl::uint128 b) {
  const absl::uint128 a_high = absl::Uint128High64(a);
  const absl::uint128 a_low = absl::Uint128Low64(a);
  const absl::uint128 b_high = absl::Uint128High64(b);
  const absl::uint128 b_low = absl::Uint128Low64(b);
  const absl::uint128 low = a_low * b_low;
  const absl::uint128 one = a_low * b_high;
  const absl::uint128 other = a_high * b_low;
  const absl::uint128 middle =
      (low >> 64) + absl::Uint128Low64(one) + absl::Uint128Low64(other);
  return {
      .high = a_high * b_high + (one >> 64) + (other >> 64) + (middle >> 64),
      .low = (middle << 64) | absl::Uint128Low64(low)};
}

// Returns the quotient, rounded half to even; nothing if it does not fit.
std::optional<absl::uint128> Divide(const Wide& dividend,
                                    absl::uint128 divisor) {
  if (dividend.high >= divisor) return std::nullopt;
  absl::uint128 quotient = 0;
  absl::uint128 rest = dividend.high;
  for (int bit = kBits - 1; bit >= 0; --bit) {
    const bool carry = (rest >> (kBits - 1)) != 0;
    rest = (rest << 1) | ((dividend.low >> bit) & 1);
    quotient <<= 1;
    // With a carry the rest has one bit more than it shows, and the difference
    // fits again.
    if (carry || rest >= divisor) {
      rest -= divisor;
      quotient |= 1;
    }
  }
  const absl::uint128 to_next = divisor - rest;
  if (rest > to_next || (rest == to_next && (quotient & 1) != 0)) {
    if (quotient == absl::Uint128Max()) return std::nullopt;
    ++quotient;
  }
  return quotient;
}

}  // namespace

std::optional<absl::int128> Scale(absl::int128 value, const Ratio& ratio) {
  const bool negative = value < 0;
  const auto bits = static_cast<absl::uint128>(value);
  const absl::uint128 magnitude = negative ? absl::uint128(0) - bits : bits;
  const auto scaled =
      Divide(Multiply(magnitude, ratio.numerator), ratio.denominator);
  if (!scaled.has_value() ||
      *scaled > static_cast<absl::uint128>(absl::Int128Max())) {
    return std::nullopt;
  }
  const auto result = static_cast<absl::int128>(*scaled);
  return negative ? -result : result;
}

}  // namespace crm

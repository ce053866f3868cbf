#include "shared/base/id_time.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "shared/base/ids.h"

namespace crm {
namespace {

constexpr size_t kIdLength = 26;
constexpr int kTimeBits = 48;
// The first ten digits hold the time, and two bits more.
constexpr size_t kTimeDigits = 10;
constexpr int kBitsOfDigit = 5;
constexpr int64_t kMaxMillis = (int64_t{1} << kTimeBits) - 1;

std::optional<int64_t> ValueOf(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'v') return digit - 'a' + 10;
  return std::nullopt;
}

}  // namespace

std::optional<absl::Time> TimeOfId(absl::string_view id) {
  if (id.size() != kIdLength) return std::nullopt;
  int64_t bits = 0;
  for (size_t i = 0; i < kIdLength; ++i) {
    const std::optional<int64_t> value = ValueOf(id[i]);
    if (!value.has_value()) return std::nullopt;
    if (i < kTimeDigits) bits = (bits << kBitsOfDigit) | *value;
  }
  return absl::FromUnixMillis(bits >> (kTimeDigits * kBitsOfDigit - kTimeBits));
}

std::string LowestIdAt(absl::Time time) {
  // A time within a millisecond is after the ids of that one, as these may have
  // been made before it.
  int64_t millis = std::clamp<int64_t>(absl::ToUnixMillis(time), 0, kMaxMillis);
  if (absl::FromUnixMillis(millis) < time && millis < kMaxMillis) ++millis;
  std::array<char, 16> bytes{};
  for (int i = 0; i < 6; ++i) {
    bytes[i] = static_cast<char>(millis >> (8 * (5 - i)));
  }
  return Base32Hex(absl::string_view(bytes.data(), bytes.size()));
}

}  // namespace crm

#include "shared/cache/slice_codec.h"

#include <zlib.h>

#include <algorithm>
#include <tuple>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "shared/base/errors.h"

namespace crm {
namespace {

using internal::v1::SliceEnvelope;

constexpr char kFormat = '1';
constexpr size_t kCrcBytes = 8;
constexpr size_t kHeaderBytes = kSliceRankBytes + kCrcBytes;

// Returns the rank of a state, or nothing for one that is not stored.
std::optional<int> RankOf(SliceEnvelope::State state) {
  switch (state) {
    case SliceEnvelope::TOMBSTONE:
      return 0;
    case SliceEnvelope::PRESENT:
    case SliceEnvelope::ABSENT:
      return 1;
    case SliceEnvelope::ERASED:
      return 2;
    default:  // An open enum: a newer program may know more states.
      return std::nullopt;
  }
}

// Writes `value` right-aligned with leading zeros. Slices are decoded with each
// read of the cache, and general formatting takes longer than all the rest.
void PutDecimal(uint64_t value, absl::Span<char> digits) {
  for (size_t i = digits.size(); i-- > 0; value /= 10) {
    digits[i] = static_cast<char>('0' + value % 10);
  }
}

std::string RankBytes(const SliceEnvelope& slice, int rank) {
  std::string bytes(kSliceRankBytes, kFormat);
  const absl::Span<char> digits = absl::MakeSpan(bytes);
  PutDecimal(static_cast<uint64_t>(slice.feed_epoch()), digits.subspan(1, 20));
  PutDecimal(static_cast<uint64_t>(slice.version()), digits.subspan(21, 20));
  PutDecimal(static_cast<uint64_t>(rank), digits.subspan(41, 1));
  return bytes;
}

std::string CrcOf(absl::string_view rank, absl::string_view body) {
  uLong crc =
      crc32_z(0, reinterpret_cast<const Bytef*>(rank.data()), rank.size());
  crc = crc32_z(crc, reinterpret_cast<const Bytef*>(body.data()), body.size());
  std::string digits(kCrcBytes, '0');
  for (size_t i = kCrcBytes; i-- > 0; crc >>= 4) {
    digits[i] = "0123456789abcdef"[crc & 0xf];
  }
  return digits;
}

bool HasRank(absl::string_view entry) {
  return entry.size() >= kSliceRankBytes && entry[0] == kFormat &&
         std::all_of(entry.begin(), entry.begin() + kSliceRankBytes,
                     absl::ascii_isdigit);
}

}  // namespace

absl::StatusOr<std::string> EncodeSlice(const SliceEnvelope& slice) {
  const std::optional<int> rank = RankOf(slice.state());
  if (slice.slice().empty() || !rank.has_value() || !slice.has_expire_time() ||
      slice.feed_epoch() < 0 || slice.version() < 0) {
    return InvalidArgument(
        "SLICE_ENVELOPE",
        absl::StrCat("The slice '", slice.slice(),
                     "' cannot be stored: it needs a name, a state, an "
                     "expire_time, and an epoch and a version from 0."));
  }
  const std::string prefix = RankBytes(slice, *rank);
  const std::string body = slice.SerializeAsString();
  return absl::StrCat(prefix, CrcOf(prefix, body), body);
}

std::optional<SliceEnvelope> DecodeSlice(absl::string_view slice,
                                         absl::string_view entry) {
  if (entry.size() < kHeaderBytes || !HasRank(entry)) return std::nullopt;
  const absl::string_view prefix = entry.substr(0, kSliceRankBytes);
  const absl::string_view body = entry.substr(kHeaderBytes);
  if (entry.substr(kSliceRankBytes, kCrcBytes) != CrcOf(prefix, body)) {
    return std::nullopt;
  }
  SliceEnvelope decoded;
  if (!decoded.ParseFromArray(body.data(), static_cast<int>(body.size())) ||
      decoded.slice() != slice || decoded.feed_epoch() < 0 ||
      decoded.version() < 0) {
    return std::nullopt;
  }
  const std::optional<int> rank = RankOf(decoded.state());
  if (!rank.has_value() || RankBytes(decoded, *rank) != prefix) {
    return std::nullopt;
  }
  return decoded;
}

bool MayReplaceSlice(absl::string_view stored, absl::string_view entry) {
  return !HasRank(stored) ||
         entry.substr(0, kSliceRankBytes) >= stored.substr(0, kSliceRankBytes);
}

bool IsOlderSlice(const SliceEnvelope& slice, const SliceEnvelope& other) {
  const auto rank = [](const SliceEnvelope& envelope) {
    return std::make_tuple(envelope.feed_epoch(), envelope.version(),
                           RankOf(envelope.state()));
  };
  return rank(slice) < rank(other);
}

}  // namespace crm

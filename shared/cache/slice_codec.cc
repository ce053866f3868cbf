#include "shared/cache/slice_codec.h"

#include <libdeflate.h>

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"

namespace crm {
namespace {

using google::protobuf::Timestamp;
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

// Writes `value` right-aligned with leading zeros.
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

std::array<char, kCrcBytes> CrcOf(absl::string_view rank,
                                  absl::string_view body) {
  uint32_t crc = libdeflate_crc32(0, rank.data(), rank.size());
  crc = libdeflate_crc32(crc, body.data(), body.size());
  std::array<char, kCrcBytes> digits;
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

// Returns the slice as it is serialised. Protocol buffers may have their fields
// in any order, so programs that know nothing of this one read it as well.
std::string BodyOf(const SliceEnvelope& slice) {
  SliceEnvelope expiry;
  *expiry.mutable_expire_time() = slice.expire_time();
  SliceEnvelope others = slice;
  others.clear_expire_time();
  return absl::StrCat(expiry.SerializeAsString(), others.SerializeAsString());
}

// Takes a number, as protocol buffers write it, off the front of `bytes`.
std::optional<uint64_t> TakeVarint(absl::string_view& bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < std::min<size_t>(bytes.size(), 10); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    value |= static_cast<uint64_t>(byte & 0x7f) << (7 * i);
    if (byte >= 0x80) continue;
    bytes.remove_prefix(i + 1);
    return value;
  }
  return std::nullopt;
}

// Returns the expire_time that a serialised slice begins with, or nothing if it
// begins with anything else. Every read comes by here for every slice, and
// parsing the message takes ten times as long.
std::optional<absl::Time> LeadingExpireTime(absl::string_view body) {
  // A field is marked by its number and what it is: 2 has a length, 0 is a
  // number. The length of a Timestamp takes one byte, as do the marks.
  constexpr char kExpireTime = SliceEnvelope::kExpireTimeFieldNumber << 3 | 2;
  constexpr char kSeconds = Timestamp::kSecondsFieldNumber << 3 | 0;
  constexpr char kNanos = Timestamp::kNanosFieldNumber << 3 | 0;
  if (body.size() < 3 || body[0] != kExpireTime || body[2] != kSeconds) {
    return std::nullopt;
  }
  const auto size = static_cast<unsigned char>(body[1]);
  if (size == 0 || size >= 0x80 || size > body.size() - 2) return std::nullopt;
  absl::string_view time = body.substr(3, size - 1u);
  const std::optional<uint64_t> seconds = TakeVarint(time);
  std::optional<uint64_t> nanos = 0;
  if (!time.empty() && time[0] == kNanos) {
    time.remove_prefix(1);
    nanos = TakeVarint(time);
  }
  if (!seconds.has_value() || !nanos.has_value() || !time.empty()) {
    return std::nullopt;
  }
  return absl::FromUnixSeconds(static_cast<int64_t>(*seconds)) +
         absl::Microseconds(static_cast<int32_t>(*nanos) / 1000);
}

// Returns when a serialised slice expires.
std::optional<absl::Time> ExpireTimeOf(absl::string_view body) {
  const std::optional<absl::Time> leading = LeadingExpireTime(body);
  if (leading.has_value()) return leading;
  // As programs wrote it that put it elsewhere.
  SliceEnvelope slice;
  if (!slice.ParseFromArray(body.data(), static_cast<int>(body.size()))) {
    return std::nullopt;
  }
  return FromTimestamp(slice.expire_time());
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
  const std::string body = BodyOf(slice);
  const std::array<char, kCrcBytes> crc = CrcOf(prefix, body);
  return absl::StrCat(prefix, absl::string_view(crc.data(), crc.size()), body);
}

std::optional<absl::Time> CheckSlice(absl::string_view entry) {
  if (entry.size() < kHeaderBytes || entry[0] != kFormat) return std::nullopt;
  const absl::string_view body = entry.substr(kHeaderBytes);
  const std::array<char, kCrcBytes> crc = CrcOf(SliceRank(entry), body);
  if (entry.substr(kSliceRankBytes, kCrcBytes) !=
      absl::string_view(crc.data(), crc.size())) {
    return std::nullopt;
  }
  return ExpireTimeOf(body);
}

std::optional<SliceEnvelope> ParseSlice(absl::string_view slice,
                                        absl::string_view entry) {
  if (entry.size() < kHeaderBytes) return std::nullopt;
  const absl::string_view body = entry.substr(kHeaderBytes);
  SliceEnvelope parsed;
  if (!parsed.ParseFromArray(body.data(), static_cast<int>(body.size())) ||
      parsed.slice() != slice || !parsed.has_expire_time() ||
      parsed.feed_epoch() < 0 || parsed.version() < 0) {
    return std::nullopt;
  }
  const std::optional<int> rank = RankOf(parsed.state());
  if (!rank.has_value() || RankBytes(parsed, *rank) != SliceRank(entry)) {
    return std::nullopt;
  }
  return parsed;
}

std::optional<SliceEnvelope> DecodeSlice(absl::string_view slice,
                                         absl::string_view entry) {
  if (!CheckSlice(entry).has_value()) return std::nullopt;
  return ParseSlice(slice, entry);
}

bool MayReplaceSlice(absl::string_view stored, absl::string_view entry) {
  return !HasRank(stored) || SliceRank(entry) >= SliceRank(stored);
}

}  // namespace crm

#include "shared/base/ids.h"

#include <algorithm>

#include "absl/strings/ascii.h"

namespace crm {
namespace {

constexpr char kAlphabet[] = "0123456789abcdefghijklmnopqrstuv";
constexpr size_t kNewIdLength = 26;
// The counter fills UUIDv7's rand_a (12 bits); what follows is random.
constexpr uint64_t kMaxCounter = 0xFFF;

bool IsLowerAlnum(char c) { return absl::ascii_isdigit(c) || absl::ascii_islower(c); }

}  // namespace

IdMaker::IdMaker(const Clock& clock)
    : clock_(clock), random_([] {
        std::random_device device;
        std::seed_seq seed{device(), device(), device(), device(),
                           device(), device(), device(), device()};
        return std::mt19937_64(seed);
      }()) {}

IdMaker::IdMaker(const Clock& clock, uint64_t seed)
    : clock_(clock), random_(seed) {}

std::string IdMaker::NewId() {
  const int64_t wall_millis = absl::ToUnixMillis(clock_.Now());
  std::lock_guard lock(mutex_);
  if (wall_millis > last_millis_) {
    last_millis_ = wall_millis;
    counter_ = random_() & (kMaxCounter >> 1);
  } else if (++counter_ > kMaxCounter) {
    ++last_millis_;
    counter_ = 0;
  }
  const auto millis = static_cast<uint64_t>(last_millis_);
  const uint64_t tail = random_();

  std::array<char, 16> bytes{};
  for (size_t i = 0; i < 6; ++i) {
    bytes[i] = static_cast<char>(millis >> (8 * (5 - i)));
  }
  bytes[6] = static_cast<char>(0x70 | (counter_ >> 8));
  bytes[7] = static_cast<char>(counter_ & 0xFF);
  for (size_t i = 0; i < 8; ++i) {
    bytes[8 + i] = static_cast<char>(tail >> (8 * (7 - i)));
  }
  bytes[8] = static_cast<char>(0x80 | (bytes[8] & 0x3F));
  return Base32Hex(absl::string_view(bytes.data(), bytes.size()));
}

bool IsCallerId(absl::string_view id) {
  return id.size() >= 2 && id.size() <= 63 && absl::ascii_islower(id.front()) &&
         IsLowerAlnum(id.back()) &&
         std::all_of(id.begin(), id.end(),
                     [](char c) { return IsLowerAlnum(c) || c == '-'; });
}

bool IsResourceId(absl::string_view id) {
  if (IsCallerId(id)) return true;
  return id.size() == kNewIdLength &&
         std::all_of(id.begin(), id.end(), [](char c) {
           return absl::ascii_isdigit(c) || (c >= 'a' && c <= 'v');
         });
}

bool IsTenantId(absl::string_view tenant) {
  return !tenant.empty() && tenant.size() <= 40 &&
         std::all_of(tenant.begin(), tenant.end(),
                     [](char c) { return IsLowerAlnum(c) || c == '-'; });
}

std::string Base32Hex(absl::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() * 8 + 4) / 5);
  uint32_t buffer = 0;
  int bits = 0;
  for (const char byte : bytes) {
    buffer = (buffer << 8) | static_cast<unsigned char>(byte);
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out.push_back(kAlphabet[(buffer >> bits) & 31]);
    }
  }
  if (bits > 0) out.push_back(kAlphabet[(buffer << (5 - bits)) & 31]);
  return out;
}

}  // namespace crm

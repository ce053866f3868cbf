// Numbers of eight bytes, highest byte first, inside the bytes of page tokens.

#ifndef CRM_SHARED_QUERY_FIXED64_H_
#define CRM_SHARED_QUERY_FIXED64_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace crm {

// Appends `value` to `out`.
inline void AppendFixed64(uint64_t value, std::string& out) {
  for (int shift = 56; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(static_cast<uint8_t>(value >> shift)));
  }
}

// Takes a number from the front of `bytes`; nothing if they are too few.
inline std::optional<uint64_t> TakeFixed64(absl::string_view& bytes) {
  if (bytes.size() < sizeof(uint64_t)) return std::nullopt;
  uint64_t value = 0;
  for (size_t i = 0; i < sizeof(uint64_t); ++i) {
    value = value << 8 | static_cast<uint8_t>(bytes[i]);
  }
  bytes.remove_prefix(sizeof(uint64_t));
  return value;
}

}  // namespace crm

#endif  // CRM_SHARED_QUERY_FIXED64_H_

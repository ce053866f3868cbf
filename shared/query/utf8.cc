#include "shared/query/utf8.h"

#include <algorithm>

namespace crm {
namespace {

uint32_t ByteAt(absl::string_view text, size_t at) {
  return static_cast<unsigned char>(text[at]);
}

// Returns the length of the character that `text` starts with, 0 if there is no
// valid one.
size_t CharacterLength(absl::string_view text) {
  const uint32_t lead = ByteAt(text, 0);
  if (lead < 0x80) return 1;
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  if (!std::ranges::all_of(text.substr(1, length - 1), IsUtf8Continuation)) {
    return 0;
  }
  // Overlong forms, surrogates, and what lies above kLastCodePoint.
  const uint32_t second = ByteAt(text, 1);
  if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
      (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) {
    return 0;
  }
  return length;
}

}  // namespace

bool IsSurrogate(uint32_t code_point) {
  return code_point >= 0xD800 && code_point <= 0xDFFF;
}

bool IsUtf8Continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

void AppendUtf8(uint32_t code_point, std::string& out) {
  const auto append = [&out](uint32_t byte) {
    out.push_back(static_cast<char>(static_cast<unsigned char>(byte)));
  };
  if (code_point < 0x80) {
    append(code_point);
    return;
  }
  if (code_point < 0x800) {
    append(0xC0 | code_point >> 6);
  } else if (code_point < 0x10000) {
    append(0xE0 | code_point >> 12);
    append(0x80 | (code_point >> 6 & 0x3F));
  } else {
    append(0xF0 | code_point >> 18);
    append(0x80 | (code_point >> 12 & 0x3F));
    append(0x80 | (code_point >> 6 & 0x3F));
  }
  append(0x80 | (code_point & 0x3F));
}

uint32_t PopUtf8(absl::string_view& text) {
  size_t start = text.size() - 1;
  while (start > 0 && IsUtf8Continuation(text[start])) --start;
  const size_t length = text.size() - start;
  uint32_t code_point = ByteAt(text, start);
  if (length > 1) code_point &= 0xFFU >> (length + 1);
  for (size_t i = 1; i < length; ++i) {
    code_point = code_point << 6 | (ByteAt(text, start + i) & 0x3F);
  }
  text.remove_suffix(length);
  return code_point;
}

size_t FindInvalidUtf8(absl::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    const size_t length = CharacterLength(text.substr(at));
    if (length == 0) return at;
    at += length;
  }
  return absl::string_view::npos;
}

}  // namespace crm

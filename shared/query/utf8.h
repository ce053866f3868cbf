// UTF-8 as the query language needs it. Pure functions.

#ifndef CRM_SHARED_QUERY_UTF8_H_
#define CRM_SHARED_QUERY_UTF8_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace crm {

inline constexpr uint32_t kLastCodePoint = 0x10FFFF;

// Returns whether `code_point` is half of a UTF-16 pair, which is no character.
bool IsSurrogate(uint32_t code_point);

// Returns whether `byte` continues a character that began before it.
bool IsUtf8Continuation(char byte);

// Appends the encoding of `code_point`, at most kLastCodePoint.
void AppendUtf8(uint32_t code_point, std::string& out);

// Removes the last character of `text`, valid UTF-8 and not empty, and returns
// its code point.
uint32_t PopUtf8(absl::string_view& text);

// Returns the offset of the first byte that is not part of valid UTF-8 (RFC
// 3629), or npos.
size_t FindInvalidUtf8(absl::string_view text);

}  // namespace crm

#endif  // CRM_SHARED_QUERY_UTF8_H_

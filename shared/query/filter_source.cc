#include "shared/query/filter_source.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/query/utf8.h"

namespace crm {
namespace {

constexpr size_t kMaxQuotedBytes = 64;

}  // namespace

absl::Status FilterSource::ErrorAt(size_t offset,
                                   absl::string_view description) const {
  const absl::string_view before = text.substr(0, offset);
  const auto column =
      1 + before.size() - std::ranges::count_if(before, IsUtf8Continuation);
  return BadField(field, absl::StrCat(description, " at column ", column, "."));
}

std::string Quoted(absl::string_view text) {
  size_t end = std::min(text.size(), kMaxQuotedBytes);
  while (end < text.size() && end > 0 && IsUtf8Continuation(text[end])) --end;
  const absl::string_view shown = text.substr(0, end);
  return absl::StrCat("'",
                      FindInvalidUtf8(shown) == absl::string_view::npos
                          ? absl::Utf8SafeCEscape(shown)
                          : absl::CEscape(shown),
                      end < text.size() ? "...'" : "'");
}

}  // namespace crm

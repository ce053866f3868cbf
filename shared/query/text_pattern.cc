#include "shared/query/text_pattern.h"

#include <cstdint>
#include <utility>

#include "absl/strings/match.h"
#include "shared/query/utf8.h"

namespace crm {
TextPattern::TextPattern(std::vector<std::string> pieces)
    : pieces_(std::move(pieces)) {}

bool TextPattern::Matches(absl::string_view text) const {
  const std::string& suffix = pieces_.back();
  if (text.size() < prefix().size() + suffix.size() ||
      !absl::StartsWith(text, prefix()) || !absl::EndsWith(text, suffix)) {
    return false;
  }
  text.remove_prefix(prefix().size());
  text.remove_suffix(suffix.size());
  // The first place of each piece leaves the most for the pieces after it.
  for (size_t i = 1; i + 1 < pieces_.size(); ++i) {
    const size_t at = text.find(pieces_[i]);
    if (at == absl::string_view::npos) return false;
    text.remove_prefix(at + pieces_[i].size());
  }
  return true;
}

std::vector<std::string> TextPattern::inner_pieces() const {
  std::vector<std::string> inner;
  for (size_t i = 1; i < pieces_.size(); ++i) {
    if (!pieces_[i].empty()) inner.push_back(pieces_[i]);
  }
  return inner;
}

std::optional<std::string> AfterPrefix(absl::string_view prefix) {
  // UTF-8 sorts by bytes as by code points, so the text after all that start
  // with `prefix` is `prefix` with its last character raised by one; where that
  // cannot be raised, the one before it is.
  while (!prefix.empty()) {
    uint32_t next = PopUtf8(prefix) + 1;
    if (next > kLastCodePoint) continue;
    while (IsSurrogate(next)) ++next;
    std::string after(prefix);
    AppendUtf8(next, after);
    return after;
  }
  return std::nullopt;
}

}  // namespace crm

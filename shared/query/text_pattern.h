// Text with wildcards: `a*c` matches every text that starts with `a` and ends
// with `c`.

#ifndef CRM_SHARED_QUERY_TEXT_PATTERN_H_
#define CRM_SHARED_QUERY_TEXT_PATTERN_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace crm {

// The pieces of a text around its wildcards, of which there is at least one.
// Matching takes time linear in the text for each piece. Immutable.
class TextPattern final {
 public:
  // `pieces` are at least two: `a*c` is {"a", "c"}, and `*` is {"", ""}.
  explicit TextPattern(std::vector<std::string> pieces);

  // Returns whether all of `text` has the pieces in their order.
  bool Matches(absl::string_view text) const;

  // What matching texts start with; may be empty.
  const std::string& prefix() const { return pieces_.front(); }

  // The pieces after the prefix that are not empty, in their order.
  std::vector<std::string> inner_pieces() const;

  // Returns whether nothing needs to follow the last of the pieces: `a*` and
  // `*b*`, but not `*c`.
  bool open_ended() const { return pieces_.back().empty(); }

 private:
  std::vector<std::string> pieces_;
};

// Returns the least valid UTF-8 text above every text that starts with
// `prefix`, which is valid UTF-8: `ab` gives `ac`. Nothing if there is none.
std::optional<std::string> AfterPrefix(absl::string_view prefix);

}  // namespace crm

#endif  // CRM_SHARED_QUERY_TEXT_PATTERN_H_

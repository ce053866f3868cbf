// Folds text for comparison: what people read as the same becomes the same.
//
//   "Müller & ﬁls" -> "muller & fils"
//   "СОРА" (four Cyrillic letters) -> "copa"
//
// Case, width and compatibility forms go (NFKC_Casefold), accents go, and
// letters of other scripts that look like a Latin one, in lower or upper case,
// become it (the confusables of Unicode UTS 39). The result is for comparing
// and searching, never for showing: words of other scripts come out mixed.

#ifndef CRM_SHARED_QUERY_TEXT_FOLDING_H_
#define CRM_SHARED_QUERY_TEXT_FOLDING_H_

#include <string>

#include "absl/strings/string_view.h"

namespace crm {

// Changes whenever FoldText() gives another result for some text: what was
// folded and stored before is then to be folded anew.
inline constexpr int kFoldingVersion = 1;

// Returns `text`, which is UTF-8, folded. Each character that is no letter,
// digit or mark and no punctuation, as a control character or a line end,
// becomes a space; spaces that follow each other become one, and those at the
// ends go. Bytes that are not UTF-8 become U+FFFD. Pure, so thread-safe.
std::string FoldText(absl::string_view text);

}  // namespace crm

#endif  // CRM_SHARED_QUERY_TEXT_FOLDING_H_

// Names of resources whose id is not known, by a value that no two siblings
// share:
//
//   context.Find<v1::PriceBookEntry>(
//       UniqueName("priceBooks/retail", "product", "products/lamp"))
//
// RuleContext::Find() takes them for names; nothing else does, and no resource
// is called so.

#ifndef CRM_SHARED_REFLECT_UNIQUE_NAME_H_
#define CRM_SHARED_REFLECT_UNIQUE_NAME_H_

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace crm {

// What such a name says: the live resource under `parent` whose unique `field`
// is `value`.
struct UniqueKey {
  absl::string_view parent;
  absl::string_view field;
  absl::string_view value;
};

inline std::string UniqueName(absl::string_view parent, absl::string_view field,
                              absl::string_view value) {
  return absl::StrCat(parent, "?", field, "=", value);
}

// Returns what `name`, which outlives it, says; nothing for a common name.
inline std::optional<UniqueKey> ParseUniqueName(absl::string_view name) {
  const size_t mark = name.find('?');
  if (mark == absl::string_view::npos) return std::nullopt;
  const std::pair<absl::string_view, absl::string_view> sides =
      absl::StrSplit(name.substr(mark + 1), absl::MaxSplits('=', 1));
  return UniqueKey{name.substr(0, mark), sides.first, sides.second};
}

}  // namespace crm

#endif  // CRM_SHARED_REFLECT_UNIQUE_NAME_H_

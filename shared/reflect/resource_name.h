// Resource names by AIP-122: `customers/{customer}/identifiers/{identifier}`.

#ifndef CRM_SHARED_REFLECT_RESOURCE_NAME_H_
#define CRM_SHARED_REFLECT_RESOURCE_NAME_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace crm {

// The form that the names of one resource type have. Immutable.
class NamePattern {
 public:
  // Reads a pattern: collection and `{variable}` segments in turn. Returns
  // INVALID_ARGUMENT unless it has that form.
  static absl::StatusOr<NamePattern> Parse(absl::string_view pattern);

  // Returns whether `name` is a name of this form with valid ids.
  bool Matches(absl::string_view name) const;

  // Returns whether `parent` is the parent of such names; with `wildcards`, its
  // ids may also be `-`. Names without a parent have parent "".
  bool MatchesParent(absl::string_view parent, bool wildcards) const;

  // Returns the name of child `id` of `parent`.
  std::string Format(absl::string_view parent, absl::string_view id) const;

  // The last collection, as `identifiers`.
  const std::string& collection() const { return collections_.back(); }
  // The collections from the outermost one.
  const std::vector<std::string>& collections() const { return collections_; }
  bool nested() const { return collections_.size() > 1; }

 private:
  std::vector<std::string> collections_;
};

// Returns the name that `name` lies under, or "" at the top:
// `customers/a/identifiers/b` gives `customers/a`.
absl::string_view ParentOf(absl::string_view name);

// Returns whether `name` lies directly under `parent`, in which `-` stands for
// any id.
bool LiesUnder(absl::string_view name, absl::string_view parent);

// Returns the last segment of `name`.
absl::string_view IdOf(absl::string_view name);

}  // namespace crm

#endif  // CRM_SHARED_REFLECT_RESOURCE_NAME_H_

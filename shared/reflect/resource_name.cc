#include "shared/reflect/resource_name.h"

#include <span>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "shared/base/errors.h"
#include "shared/base/ids.h"

namespace crm {
namespace {

// Longer names are refused before they are taken apart.
constexpr size_t kMaxNameBytes = 512;

bool MatchesSegments(absl::string_view name,
                     std::span<const std::string> collections, bool wildcards) {
  if (collections.empty()) return name.empty();
  if (name.size() > kMaxNameBytes) return false;
  const std::vector<absl::string_view> segments = absl::StrSplit(name, '/');
  if (segments.size() != 2 * collections.size()) return false;
  for (size_t i = 0; i < collections.size(); ++i) {
    const absl::string_view id = segments[2 * i + 1];
    if (segments[2 * i] != collections[i]) return false;
    if (!IsResourceId(id) && !(wildcards && id == "-")) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<NamePattern> NamePattern::Parse(absl::string_view pattern) {
  const std::vector<std::string> segments = absl::StrSplit(pattern, '/');
  NamePattern result;
  for (size_t i = 0; i < segments.size(); ++i) {
    const bool variable =
        absl::StartsWith(segments[i], "{") && absl::EndsWith(segments[i], "}");
    if (segments[i].empty() || variable != (i % 2 == 1)) {
      return InvalidArgument("NAME_PATTERN_INVALID",
                             absl::StrCat("'", pattern,
                                          "' is not a name pattern such as "
                                          "'leads/{lead}'."));
    }
    if (!variable) result.collections_.push_back(segments[i]);
  }
  if (segments.size() % 2 != 0) {
    return InvalidArgument(
        "NAME_PATTERN_INVALID",
        absl::StrCat("'", pattern, "' does not end with a variable."));
  }
  return result;
}

bool NamePattern::Matches(absl::string_view name) const {
  return MatchesSegments(name, collections_, /*wildcards=*/false);
}

bool NamePattern::MatchesParent(absl::string_view parent,
                                bool wildcards) const {
  const std::span<const std::string> all(collections_);
  return MatchesSegments(parent, all.first(all.size() - 1), wildcards);
}

std::string NamePattern::Format(absl::string_view parent,
                                absl::string_view id) const {
  if (parent.empty()) return absl::StrCat(collection(), "/", id);
  return absl::StrCat(parent, "/", collection(), "/", id);
}

absl::string_view ParentOf(absl::string_view name) {
  const size_t last = name.rfind('/');
  if (last == absl::string_view::npos || last == 0) return "";
  const size_t previous = name.rfind('/', last - 1);
  return previous == absl::string_view::npos ? "" : name.substr(0, previous);
}

bool LiesUnder(absl::string_view name, absl::string_view parent) {
  const std::vector<absl::string_view> actual =
      absl::StrSplit(ParentOf(name), '/');
  const std::vector<absl::string_view> wanted = absl::StrSplit(parent, '/');
  if (actual.size() != wanted.size()) return false;
  for (size_t i = 0; i < actual.size(); ++i) {
    const bool any = i % 2 == 1 && wanted[i] == "-";
    if (!any && wanted[i] != actual[i]) return false;
  }
  return true;
}

absl::string_view IdOf(absl::string_view name) {
  const size_t last = name.rfind('/');
  return last == absl::string_view::npos ? name : name.substr(last + 1);
}

}  // namespace crm

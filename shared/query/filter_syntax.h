// The parts of a filter's text: tokens, and the tree the parser makes of them
// before anything is known about fields and types.

#ifndef CRM_SHARED_QUERY_FILTER_SYNTAX_H_
#define CRM_SHARED_QUERY_FILTER_SYNTAX_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"

namespace crm {

enum class Comparator {
  kHas,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
};

// One word or string of the text, its quotes and escapes resolved.
struct FilterText {
  // The text around its unescaped `*`: `a*b` is {"a", "b"}; never empty.
  std::vector<std::string> pieces;
  bool quoted = false;
  // Where it starts in the source.
  size_t offset = 0;

  // The text with its wildcards as `*`.
  std::string joined() const { return absl::StrJoin(pieces, "*"); }
  bool has_wildcard() const { return pieces.size() > 1; }
  // Whether it is the bare word `word`.
  bool IsWord(absl::string_view word) const {
    return !quoted && !has_wildcard() && pieces[0] == word;
  }
  // Whether it is `*` alone, quoted or not.
  bool is_star() const {
    return pieces.size() == 2 && pieces[0].empty() && pieces[1].empty();
  }
};

// `path comparator value`.
struct FilterRestriction {
  std::vector<FilterText> path;
  Comparator comparator = Comparator::kEqual;
  size_t comparator_offset = 0;
  FilterText value;
};

struct FilterNode {
  enum class Kind { kAnd, kOr, kNot, kRestriction };

  Kind kind = Kind::kRestriction;
  std::vector<FilterNode> children;
  FilterRestriction restriction;
};

// What the lexer finds. Keywords are words: a field may be called AND.
struct FilterToken {
  enum class Kind {
    kEnd,
    kText,
    kDot,
    kComparator,
    kMinus,
    kOpen,
    kClose,
  };

  Kind kind = Kind::kEnd;
  FilterText text;
  Comparator comparator = Comparator::kEqual;
  size_t offset = 0;
  // Whether white space stands before it.
  bool spaced = false;

  // Whether it is the bare word `word`.
  bool IsWord(absl::string_view word) const {
    return kind == Kind::kText && text.IsWord(word);
  }
};

}  // namespace crm

#endif  // CRM_SHARED_QUERY_FILTER_SYNTAX_H_

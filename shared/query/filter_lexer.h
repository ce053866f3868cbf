// Cuts the text of a filter into tokens.

#ifndef CRM_SHARED_QUERY_FILTER_LEXER_H_
#define CRM_SHARED_QUERY_FILTER_LEXER_H_

#include <cstddef>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "shared/query/filter_source.h"
#include "shared/query/filter_syntax.h"

namespace crm {

// Reads one source from its start to its end. A bare word ends earlier on the
// left of a comparator than on the right, where `2024-05-01T10:00:00.5Z` is
// one; the caller says which it expects. Thread-compatible.
class FilterLexer final {
 public:
  // `source` outlives the lexer; its text is valid UTF-8.
  explicit FilterLexer(const FilterSource& source);

  // Returns the next token where a path or an operator may stand; kEnd at the
  // end, however often.
  //
  // Returns INVALID_ARGUMENT for a character that means nothing there and for a
  // string that is not ended or has an unknown escape.
  absl::StatusOr<FilterToken> Next();

  // Returns the next token where a value must stand; errors as Next().
  absl::StatusOr<FilterToken> NextValue();

 private:
  // Skips white space and starts a token there.
  FilterToken Start();
  absl::StatusOr<FilterToken> String(FilterToken token);
  // Reads the escape after a backslash into `text`.
  absl::Status Escape(FilterText& text);
  FilterToken Word(FilterToken token, absl::string_view terminators);
  absl::Status Unexpected() const;
  char peek(size_t ahead = 0) const;

  const FilterSource& source_;
  size_t at_ = 0;
};

}  // namespace crm

#endif  // CRM_SHARED_QUERY_FILTER_LEXER_H_

#include "shared/query/filter_lexer.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "shared/base/status_macros.h"
#include "shared/query/utf8.h"

namespace crm {
namespace {

// What ends a bare word, besides white space and control characters.
constexpr absl::string_view kPathTerminators = ".:=!<>()\"',\\";
constexpr absl::string_view kValueTerminators = "=!<>()\"',\\";

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

bool EndsWord(char c, absl::string_view terminators) {
  return IsSpace(c) || absl::ascii_iscntrl(static_cast<unsigned char>(c)) ||
         terminators.find(c) != absl::string_view::npos;
}

// Returns the character that the four hexadecimal `digits` name; 0 if they do
// not name one. U+0000 is none here: no store keeps it in text.
uint32_t CharacterOf(absl::string_view digits) {
  uint32_t code_point = 0;
  if (digits.size() != 4 ||
      !std::ranges::all_of(digits, absl::ascii_isxdigit) ||
      !absl::SimpleHexAtoi(digits, &code_point) || IsSurrogate(code_point)) {
    return 0;
  }
  return code_point;
}

}  // namespace

FilterLexer::FilterLexer(const FilterSource& source) : source_(source) {}

char FilterLexer::peek(size_t ahead) const {
  return at_ + ahead < source_.text.size() ? source_.text[at_ + ahead] : '\0';
}

FilterToken FilterLexer::Start() {
  FilterToken token;
  while (at_ < source_.text.size() && IsSpace(source_.text[at_])) {
    ++at_;
    token.spaced = true;
  }
  token.offset = at_;
  token.text.offset = at_;
  return token;
}

absl::Status FilterLexer::Unexpected() const {
  return source_.ErrorAt(
      at_, absl::StrCat("Unexpected ", Quoted(source_.text.substr(at_, 1))));
}

absl::StatusOr<FilterToken> FilterLexer::Next() {
  FilterToken token = Start();
  if (at_ == source_.text.size()) return token;
  const auto take = [&](FilterToken::Kind kind) {
    ++at_;
    token.kind = kind;
    return token;
  };
  const auto compare = [&](Comparator comparator, size_t length) {
    at_ += length;
    token.kind = FilterToken::Kind::kComparator;
    token.comparator = comparator;
    return token;
  };
  const bool equals = peek(1) == '=';
  switch (peek()) {
    case '.':
      return take(FilterToken::Kind::kDot);
    case '(':
      return take(FilterToken::Kind::kOpen);
    case ')':
      return take(FilterToken::Kind::kClose);
    case '-':
      return take(FilterToken::Kind::kMinus);
    case ':':
      return compare(Comparator::kHas, 1);
    case '=':
      return compare(Comparator::kEqual, 1);
    case '<':
      return equals ? compare(Comparator::kLessEqual, 2)
                    : compare(Comparator::kLess, 1);
    case '>':
      return equals ? compare(Comparator::kGreaterEqual, 2)
                    : compare(Comparator::kGreater, 1);
    case '!':
      if (!equals) return Unexpected();
      return compare(Comparator::kNotEqual, 2);
    case '"':
    case '\'':
      return String(std::move(token));
  }
  if (EndsWord(peek(), kPathTerminators)) return Unexpected();
  return Word(std::move(token), kPathTerminators);
}

absl::StatusOr<FilterToken> FilterLexer::NextValue() {
  FilterToken token = Start();
  if (at_ == source_.text.size()) return token;
  switch (peek()) {
    case '(':
    case ')':
      return Next();
    case '"':
    case '\'':
      return String(std::move(token));
  }
  if (EndsWord(peek(), kValueTerminators)) return Unexpected();
  return Word(std::move(token), kValueTerminators);
}

FilterToken FilterLexer::Word(FilterToken token,
                              absl::string_view terminators) {
  token.kind = FilterToken::Kind::kText;
  token.text.pieces.emplace_back();
  while (at_ < source_.text.size() &&
         !EndsWord(source_.text[at_], terminators)) {
    const char c = source_.text[at_++];
    if (c == '*') {
      token.text.pieces.emplace_back();
    } else {
      token.text.pieces.back().push_back(c);
    }
  }
  return token;
}

absl::StatusOr<FilterToken> FilterLexer::String(FilterToken token) {
  token.kind = FilterToken::Kind::kText;
  token.text.quoted = true;
  token.text.pieces.emplace_back();
  const char quote = source_.text[at_++];
  while (at_ < source_.text.size()) {
    const char c = source_.text[at_++];
    if (c == quote) return token;
    if (c == '\\') {
      CRM_RETURN_IF_ERROR(Escape(token.text));
    } else if (c == '*') {
      token.text.pieces.emplace_back();
    } else {
      token.text.pieces.back().push_back(c);
    }
  }
  return source_.ErrorAt(token.offset, "A string without its closing quote");
}

absl::Status FilterLexer::Escape(FilterText& text) {
  const size_t backslash = at_ - 1;
  const char c = peek();
  ++at_;
  std::string& out = text.pieces.back();
  switch (c) {
    case '\\':
    case '"':
    case '\'':
    case '*':
      out.push_back(c);
      return absl::OkStatus();
    case 'n':
      out.push_back('\n');
      return absl::OkStatus();
    case 'r':
      out.push_back('\r');
      return absl::OkStatus();
    case 't':
      out.push_back('\t');
      return absl::OkStatus();
    case 'u': {
      const uint32_t code_point = CharacterOf(
          source_.text.substr(std::min(at_, source_.text.size()), 4));
      if (code_point == 0) break;
      at_ += 4;
      AppendUtf8(code_point, out);
      return absl::OkStatus();
    }
  }
  return source_.ErrorAt(backslash, "An unknown escape in a string");
}

}  // namespace crm

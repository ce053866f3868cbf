#include "gateway/transcode/json_lexer.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gateway/routing/path.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::gateway {
namespace {

void AppendUtf8(uint32_t code_point, std::string& out) {
  const auto push = [&out](uint32_t byte) {
    out.push_back(static_cast<char>(byte));
  };
  if (code_point < 0x80) {
    push(code_point);
  } else if (code_point < 0x800) {
    push(0xC0 | (code_point >> 6));
    push(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    push(0xE0 | (code_point >> 12));
    push(0x80 | ((code_point >> 6) & 0x3F));
    push(0x80 | (code_point & 0x3F));
  } else {
    push(0xF0 | (code_point >> 18));
    push(0x80 | ((code_point >> 12) & 0x3F));
    push(0x80 | ((code_point >> 6) & 0x3F));
    push(0x80 | (code_point & 0x3F));
  }
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

absl::Status JsonLexer::Error(absl::string_view what) const {
  size_t line = 1;
  size_t column = 1;
  for (const char c : text_.substr(0, token_at_)) {
    column = c == '\n' ? 1 : column + 1;
    line += c == '\n' ? 1 : 0;
  }
  return InvalidArgument(
      "BAD_JSON",
      absl::StrCat("The body is not JSON at line ", line, ", column ", column,
                   ": ", what, "."),
      {{"line", absl::StrCat(line)}, {"column", absl::StrCat(column)}});
}

absl::StatusOr<JsonToken> JsonLexer::Next() {
  while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' ||
                                text_[at_] == '\n' || text_[at_] == '\r')) {
    ++at_;
  }
  token_at_ = at_;
  if (at_ == text_.size()) return JsonToken::kEnd;
  const char c = text_[at_];
  const auto one = [this](JsonToken token) {
    ++at_;
    return token;
  };
  switch (c) {
    case '{':
      return one(JsonToken::kObjectBegin);
    case '}':
      return one(JsonToken::kObjectEnd);
    case '[':
      return one(JsonToken::kArrayBegin);
    case ']':
      return one(JsonToken::kArrayEnd);
    case ':':
      return one(JsonToken::kColon);
    case ',':
      return one(JsonToken::kComma);
    case '"':
      return String();
    case 't':
      return Keyword("true", JsonToken::kTrue);
    case 'f':
      return Keyword("false", JsonToken::kFalse);
    case 'n':
      return Keyword("null", JsonToken::kNull);
    default:
      if (c == '-' || IsDigit(c)) return Number();
      return Error("a value was expected");
  }
}

absl::StatusOr<JsonToken> JsonLexer::Keyword(absl::string_view word,
                                             JsonToken token) {
  if (!absl::StartsWith(text_.substr(at_), word)) {
    return Error("a value was expected");
  }
  at_ += word.size();
  return token;
}

absl::StatusOr<JsonToken> JsonLexer::Number() {
  const auto peek = [this] { return at_ < text_.size() ? text_[at_] : '\0'; };
  const auto digits = [this, &peek] {
    const size_t start = at_;
    while (IsDigit(peek())) ++at_;
    return at_ - start;
  };
  if (peek() == '-') ++at_;
  const bool leading_zero = peek() == '0';
  const size_t whole = digits();
  if (whole == 0 || (leading_zero && whole > 1)) return Error("a bad number");
  if (peek() == '.') {
    ++at_;
    if (digits() == 0) return Error("a number ends in its point");
  }
  if (peek() == 'e' || peek() == 'E') {
    ++at_;
    if (peek() == '+' || peek() == '-') ++at_;
    if (digits() == 0) return Error("a number ends in its exponent");
  }
  return JsonToken::kNumber;
}

absl::StatusOr<JsonToken> JsonLexer::String() {
  value_.clear();
  ++at_;
  while (at_ < text_.size() && text_[at_] != '"') {
    const char c = text_[at_];
    if (static_cast<unsigned char>(c) < 0x20) {
      return Error("a string has a raw control character");
    }
    if (c == '\\') {
      ++at_;
      CRM_RETURN_IF_ERROR(Escape());
    } else {
      value_.push_back(c);
      ++at_;
    }
  }
  if (at_ == text_.size()) return Error("a string does not end");
  ++at_;
  if (!IsUtf8(value_)) return Error("a string is not UTF-8");
  return JsonToken::kString;
}

absl::Status JsonLexer::Escape() {
  const char c = at_ < text_.size() ? text_[at_++] : '\0';
  switch (c) {
    case '"':
    case '\\':
    case '/':
      value_.push_back(c);
      return absl::OkStatus();
    case 'b':
      value_.push_back('\b');
      return absl::OkStatus();
    case 'f':
      value_.push_back('\f');
      return absl::OkStatus();
    case 'n':
      value_.push_back('\n');
      return absl::OkStatus();
    case 'r':
      value_.push_back('\r');
      return absl::OkStatus();
    case 't':
      value_.push_back('\t');
      return absl::OkStatus();
    case 'u':
      break;
    default:
      return Error("a string has an unknown escape");
  }
  CRM_ASSIGN_OR_RETURN(uint32_t code_point, FourHexDigits());
  if (code_point == 0) return Error("a string has a NUL character");
  if (code_point >= 0xD800 && code_point <= 0xDFFF) {
    if (code_point > 0xDBFF || !absl::StartsWith(text_.substr(at_), "\\u")) {
      return Error("a string has half of a surrogate pair");
    }
    at_ += 2;
    CRM_ASSIGN_OR_RETURN(const uint32_t low, FourHexDigits());
    if (low < 0xDC00 || low > 0xDFFF) {
      return Error("a string has half of a surrogate pair");
    }
    code_point = 0x10000 + ((code_point - 0xD800) << 10) + (low - 0xDC00);
  }
  AppendUtf8(code_point, value_);
  return absl::OkStatus();
}

absl::StatusOr<uint32_t> JsonLexer::FourHexDigits() {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i, ++at_) {
    const char c = at_ < text_.size() ? text_[at_] : '\0';
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(c))) {
      return Error("a \\u escape needs four hexadecimal digits");
    }
    const char lower = absl::ascii_tolower(static_cast<unsigned char>(c));
    value = value * 16 +
            static_cast<uint32_t>(IsDigit(c) ? c - '0' : lower - 'a' + 10);
  }
  return value;
}

}  // namespace crm::gateway

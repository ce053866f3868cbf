// Reads JSON text token by token, exactly by RFC 8259. Protobuf's own reader
// takes much that is not JSON (single quotes, bare keys, trailing commas),
// which a firewall or an audit in front of us may read differently.

#ifndef CRM_GATEWAY_TRANSCODE_JSON_LEXER_H_
#define CRM_GATEWAY_TRANSCODE_JSON_LEXER_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace crm::gateway {

// A token of JSON. Strings are told from keys by who asks.
enum class JsonToken {
  kObjectBegin,
  kObjectEnd,
  kArrayBegin,
  kArrayEnd,
  kColon,
  kComma,
  kString,
  kNumber,
  kTrue,
  kFalse,
  kNull,
  kEnd,
};

// Cuts a text, which must outlive it, into tokens. Thread-compatible.
class JsonLexer {
 public:
  explicit JsonLexer(absl::string_view text) : text_(text) {}

  // Returns the next token, kEnd after the last. Returns INVALID_ARGUMENT
  // (BAD_JSON) with the position for what is not JSON, for invalid UTF-8, for
  // \u0000 and for a lone surrogate.
  absl::StatusOr<JsonToken> Next();

  // The value of the kString that was returned last, unescaped.
  const std::string& string_value() const { return value_; }

  // Returns BAD_JSON at the start of the token that was returned last.
  absl::Status Error(absl::string_view what) const;

 private:
  absl::StatusOr<JsonToken> Keyword(absl::string_view word, JsonToken token);
  absl::StatusOr<JsonToken> Number();
  absl::StatusOr<JsonToken> String();
  absl::Status Escape();
  absl::StatusOr<uint32_t> FourHexDigits();

  absl::string_view text_;
  size_t at_ = 0;
  size_t token_at_ = 0;
  std::string value_;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_TRANSCODE_JSON_LEXER_H_

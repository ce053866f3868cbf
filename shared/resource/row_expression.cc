#include "shared/resource/row_expression.h"

#include <functional>
#include <optional>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm {
namespace {

using TermValue =
    std::function<std::optional<std::string>(absl::string_view term)>;

constexpr absl::string_view kCaller = "caller.";

bool InWord(char c) {
  return absl::ascii_isalnum(c) || c == '_' || c == '.' || c == '-';
}

// `value` as a string of the filter language, of which nothing has a meaning.
std::string QuotedValue(absl::string_view value) {
  std::string quoted = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\' || c == '*' || c == '\'') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

// Returns the end of the string that starts at `at` with its quote.
size_t EndOfString(absl::string_view text, size_t at) {
  const char quote = text[at++];
  while (at < text.size() && text[at] != quote) {
    at += text[at] == '\\' ? 2 : 1;
  }
  return std::min(at + 1, text.size());
}

// Puts values in the place of terms, outside of strings.
absl::StatusOr<std::string> Fill(absl::string_view text,
                                 const TermValue& value_of) {
  std::string filled;
  for (size_t at = 0; at < text.size();) {
    size_t end = at + 1;
    if (text[at] == '"' || text[at] == '\'') {
      end = EndOfString(text, at);
    } else if (InWord(text[at])) {
      while (end < text.size() && InWord(text[end])) ++end;
    }
    absl::string_view word = text.substr(at, end - at);
    at = end;
    if (!absl::StartsWith(word, kCaller)) {
      absl::StrAppend(&filled, word);
      continue;
    }
    const auto value = value_of(word.substr(kCaller.size()));
    if (!value.has_value()) {
      return FailedPrecondition(
          "CALLER_TERM_UNKNOWN",
          absl::StrCat("The caller has no value of '", word, "'."));
    }
    absl::StrAppend(&filled, QuotedValue(*value));
  }
  return filled;
}

std::optional<std::string> NotEmpty(const std::string& value) {
  return value.empty() ? std::nullopt : std::optional(value);
}

}  // namespace

absl::StatusOr<Filter> CompileRowExpression(
    absl::string_view expression, const CallerIdentity& caller,
    const google::protobuf::Descriptor* resource,
    const FindCustomField& find_custom_field) {
  CRM_ASSIGN_OR_RETURN(
      const std::string text,
      Fill(expression,
           [&](absl::string_view term) -> std::optional<std::string> {
             if (term == "subject") return NotEmpty(caller.subject);
             if (term == "user") return NotEmpty(caller.user);
             if (term == "customer") return NotEmpty(caller.customer);
             if (!absl::ConsumePrefix(&term, "labels.")) return std::nullopt;
             const auto label = caller.labels.find(std::string(term));
             if (label == caller.labels.end()) return std::nullopt;
             return label->second;
           }));
  CRM_ASSIGN_OR_RETURN(Filter filter, Filter::Parse(text, resource, "filter",
                                                    {}, find_custom_field));
  if (filter.empty()) {
    return InvalidArgument("EXPRESSION_EMPTY", "The expression is empty.");
  }
  return filter;
}

absl::Status CheckRowExpression(absl::string_view expression,
                                const google::protobuf::Descriptor* resource,
                                absl::string_view field,
                                const FindCustomField& find_custom_field) {
  const auto text = Fill(
      expression, [](absl::string_view term) -> std::optional<std::string> {
        if (term == "subject" || term == "user" || term == "customer" ||
            absl::StartsWith(term, "labels.")) {
          return "a value";
        }
        return std::nullopt;
      });
  if (!text.ok()) {
    return BadField(field,
                    "has a 'caller.' term that does not exist; there are "
                    "caller.subject, caller.user, caller.customer and "
                    "caller.labels.KEY.");
  }
  CRM_ASSIGN_OR_RETURN(
      const Filter filter,
      Filter::Parse(*text, resource, field, {}, find_custom_field));
  if (!filter.empty()) return absl::OkStatus();
  return BadField(field, "is needed with the scope EXPRESSION.");
}

}  // namespace crm

#include "gateway/routing/http_template.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::gateway {
namespace {

// A recursive-descent parser of one template. Used by one thread.
class Parser {
 public:
  explicit Parser(absl::string_view text) : text_(text) {}

  absl::StatusOr<HttpTemplate> Parse() {
    if (!Take('/')) return Bad("a template starts with '/'");
    CRM_RETURN_IF_ERROR(Segments(/*in_variable=*/false));
    if (Take(':')) {
      CRM_ASSIGN_OR_RETURN(result_.verb, Literal());
    }
    if (at_ != text_.size()) return Bad("unexpected character");
    for (size_t i = 0; i + 1 < result_.segments.size(); ++i) {
      if (result_.segments[i].kind == TemplateSegment::Kind::kRest) {
        return Bad("'**' is not the last segment");
      }
    }
    return std::move(result_);
  }

 private:
  absl::Status Bad(absl::string_view what) const {
    return InvalidArgument("BAD_HTTP_TEMPLATE",
                           absl::StrCat("Template '", text_, "', position ",
                                        at_, ": ", what, "."));
  }

  bool Peek(char c) const { return at_ < text_.size() && text_[at_] == c; }

  bool Take(char c) {
    if (!Peek(c)) return false;
    ++at_;
    return true;
  }

  absl::Status Segments(bool in_variable) {
    do {
      CRM_RETURN_IF_ERROR(Segment(in_variable));
    } while (Take('/'));
    return absl::OkStatus();
  }

  absl::Status Segment(bool in_variable) {
    if (Take('{')) {
      if (in_variable) return Bad("a variable inside a variable");
      return Variable();
    }
    if (Take('*')) {
      const bool rest = Take('*');
      result_.segments.push_back({.kind = rest ? TemplateSegment::Kind::kRest
                                               : TemplateSegment::Kind::kAny,
                                  .text = ""});
      return absl::OkStatus();
    }
    CRM_ASSIGN_OR_RETURN(std::string text, Literal());
    result_.segments.push_back({.text = std::move(text)});
    return absl::OkStatus();
  }

  absl::Status Variable() {
    TemplateVariable variable;
    variable.begin = result_.segments.size();
    do {
      CRM_ASSIGN_OR_RETURN(const std::string part, Identifier());
      absl::StrAppend(&variable.field_path,
                      variable.field_path.empty() ? "" : ".", part);
    } while (Take('.'));
    if (Take('=')) {
      CRM_RETURN_IF_ERROR(Segments(/*in_variable=*/true));
    } else {
      result_.segments.push_back(
          {.kind = TemplateSegment::Kind::kAny, .text = ""});
    }
    if (!Take('}')) return Bad("'}' is missing");
    variable.end = result_.segments.size();
    const bool repeated =
        std::any_of(result_.variables.begin(), result_.variables.end(),
                    [&variable](const TemplateVariable& other) {
                      return other.field_path == variable.field_path;
                    });
    if (repeated) return Bad("the variable is bound twice");
    result_.variables.push_back(std::move(variable));
    return absl::OkStatus();
  }

  absl::StatusOr<std::string> Identifier() {
    const size_t start = at_;
    while (at_ < text_.size() &&
           (absl::ascii_isalnum(static_cast<unsigned char>(text_[at_])) ||
            text_[at_] == '_')) {
      ++at_;
    }
    const absl::string_view name = text_.substr(start, at_ - start);
    if (name.empty() ||
        absl::ascii_isdigit(static_cast<unsigned char>(name[0]))) {
      return Bad("a field name is expected");
    }
    return std::string(name);
  }

  absl::StatusOr<std::string> Literal() {
    const size_t start = at_;
    while (at_ < text_.size() &&
           (absl::ascii_isalnum(static_cast<unsigned char>(text_[at_])) ||
            text_[at_] == '-' || text_[at_] == '_' || text_[at_] == '.' ||
            text_[at_] == '~')) {
      ++at_;
    }
    if (at_ == start) return Bad("a literal, '*' or '{' is expected");
    return std::string(text_.substr(start, at_ - start));
  }

  absl::string_view text_;
  size_t at_ = 0;
  HttpTemplate result_;
};

}  // namespace

std::string HttpTemplate::Shape() const {
  std::string shape;
  for (const TemplateSegment& segment : segments) {
    switch (segment.kind) {
      case TemplateSegment::Kind::kLiteral:
        absl::StrAppend(&shape, "/", segment.text);
        break;
      case TemplateSegment::Kind::kAny:
        shape += "/*";
        break;
      case TemplateSegment::Kind::kRest:
        shape += "/**";
        break;
    }
  }
  if (!verb.empty()) absl::StrAppend(&shape, ":", verb);
  return shape;
}

absl::StatusOr<HttpTemplate> ParseHttpTemplate(absl::string_view text) {
  return Parser(text).Parse();
}

}  // namespace crm::gateway

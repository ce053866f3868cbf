// Path templates of google.api.http, parsed.
//
//   /v1/{name=customers/*/identifiers/*}:verify
//   -> segments v1, customers, *, identifiers, *; verb "verify";
//      variable "name" over the segments 1 to 5

#ifndef CRM_GATEWAY_ROUTING_HTTP_TEMPLATE_H_
#define CRM_GATEWAY_ROUTING_HTTP_TEMPLATE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace crm::gateway {

// One segment of a template.
struct TemplateSegment {
  enum class Kind {
    kLiteral,  // Matches itself.
    kAny,      // `*`: matches one segment.
    kRest,     // `**`: matches all that is left, also nothing. Always the last.
  };
  Kind kind = Kind::kLiteral;
  // The text of a literal; empty otherwise.
  std::string text;

  friend bool operator==(const TemplateSegment&,
                         const TemplateSegment&) = default;
};

// A part of the path that is bound to a field of the request.
struct TemplateVariable {
  // The path of the field, as `lead.name`.
  std::string field_path;
  // The first segment and the one after the last. A variable that ends in `**`
  // takes all that is left.
  size_t begin = 0;
  size_t end = 0;

  friend bool operator==(const TemplateVariable&,
                         const TemplateVariable&) = default;
};

// A parsed template.
struct HttpTemplate {
  std::vector<TemplateSegment> segments;
  std::vector<TemplateVariable> variables;
  // The custom verb after the colon, or "".
  std::string verb;

  // Returns the template with its variables' names left out: two templates
  // match the same paths only if their shapes can.
  std::string Shape() const;
};

// Parses a template by the grammar of google/api/http.proto:
//
//   Template = "/" Segments [ ":" LITERAL ] ;
//   Segments = Segment { "/" Segment } ;
//   Segment  = "*" | "**" | LITERAL | Variable ;
//   Variable = "{" FieldPath [ "=" Segments ] "}" ;
//
// Returns INVALID_ARGUMENT (BAD_HTTP_TEMPLATE) that tells the position when
// `text` is not of that form, has a `**` that is not last, or a variable twice.
absl::StatusOr<HttpTemplate> ParseHttpTemplate(absl::string_view text);

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_ROUTING_HTTP_TEMPLATE_H_

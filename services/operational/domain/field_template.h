// Text in which fields of a resource stand in braces:
//
//   Call {display_name} about {amount}
//
// `{{` is a brace. Numbers are decimal, enums the name of their value, times
// RFC 3339 in UTC, amounts of money with their currency; what is unset is
// nothing.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_FIELD_TEMPLATE_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_FIELD_TEMPLATE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "shared/query/field_path.h"
#include "shared/reflect/custom_fields.h"

namespace crm::operational {

// Immutable.
class FieldTemplate {
 public:
  // Parses `text` over the fields of `type`; `find_custom` knows the tenant's
  // own ones. Returns INVALID_ARGUMENT (BAD_TEMPLATE), whose message is a
  // sentence that starts with "must".
  static absl::StatusOr<FieldTemplate> Parse(
      absl::string_view text, const google::protobuf::Descriptor& type,
      const FindCustomField& find_custom);

  // Returns the text with the values of `message`, which is of the type.
  std::string Render(const google::protobuf::Message& message) const;

 private:
  // Text, then the value of a field, if there is one.
  struct Part {
    std::string text;
    std::optional<FieldPath> field;
  };

  std::vector<Part> parts_;
};

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_FIELD_TEMPLATE_H_

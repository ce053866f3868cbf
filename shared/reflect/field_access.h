// Reads and writes fields of any message by name. Fields that a type lacks, or
// has with another type, read as empty and are not written.

#ifndef CRM_SHARED_REFLECT_FIELD_ACCESS_H_
#define CRM_SHARED_REFLECT_FIELD_ACCESS_H_

#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace crm {

// Returns the string field `name` of `message`, or "" if there is none such.
std::string ReadString(const google::protobuf::Message& message,
                       absl::string_view name);

// Sets string field `name`; does nothing if the message has none such.
void WriteString(google::protobuf::Message& message, absl::string_view name,
                 absl::string_view value);

// Returns the bool field `name`, or false if there is none such.
bool ReadBool(const google::protobuf::Message& message, absl::string_view name);

}  // namespace crm

#endif  // CRM_SHARED_REFLECT_FIELD_ACCESS_H_

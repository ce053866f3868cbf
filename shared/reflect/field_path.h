// Paths to fields of a message, as in `amount.units`, and the values at their
// end in one form.

#ifndef CRM_SHARED_REFLECT_FIELD_PATH_H_
#define CRM_SHARED_REFLECT_FIELD_PATH_H_

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace crm {

// A path that was checked against a message type. Immutable.
class FieldPath {
 public:
  // Reads `text` as a path of singular fields of `message`. Returns
  // INVALID_ARGUMENT (FIELD_UNKNOWN) where a part does not exist or cannot be
  // stepped into.
  static absl::StatusOr<FieldPath> Parse(
      absl::string_view text, const google::protobuf::Descriptor* message);

  // The fields from the outermost one; at least one.
  const std::vector<const google::protobuf::FieldDescriptor*>& fields() const {
    return fields_;
  }
  const google::protobuf::FieldDescriptor* leaf() const {
    return fields_.back();
  }
  // The path as it was given.
  const std::string& text() const { return text_; }

 private:
  std::vector<const google::protobuf::FieldDescriptor*> fields_;
  std::string text_;
};

// What a singular field holds, as a column would: nothing, a whole number (also
// bool, enum, and Timestamp or Duration in microseconds), a fraction, or bytes.
using FieldValue = std::variant<std::monostate, int64_t, double, std::string>;

// Returns the value at `path`. An unset message or optional field on the way
// has no value; an unset plain scalar has its default.
FieldValue ReadField(const google::protobuf::Message& message,
                     const FieldPath& path);

// Returns the string field `name` of `message`, or "" if there is none such.
std::string ReadString(const google::protobuf::Message& message,
                       absl::string_view name);

// Sets string field `name`; does nothing if the message has none such.
void WriteString(google::protobuf::Message& message, absl::string_view name,
                 absl::string_view value);

// Returns the bool field `name`, or false if there is none such.
bool ReadBool(const google::protobuf::Message& message, absl::string_view name);

}  // namespace crm

#endif  // CRM_SHARED_REFLECT_FIELD_PATH_H_

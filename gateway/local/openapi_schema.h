// JSON schemas of messages, as components of an OpenAPI document.

#ifndef CRM_GATEWAY_LOCAL_OPENAPI_SCHEMA_H_
#define CRM_GATEWAY_LOCAL_OPENAPI_SCHEMA_H_

#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"

namespace crm::gateway {

// Collects the schemas that are referred to. Thread-compatible.
class SchemaBook {
 public:
  // Returns a reference to the schema of `message`, which is added with all it
  // refers to.
  nlohmann::ordered_json Refer(const google::protobuf::Descriptor& message);

  // Returns the schema of a field's value, lists and maps included.
  nlohmann::ordered_json FieldSchema(
      const google::protobuf::FieldDescriptor& field);

  // The schemas so far, by name.
  const nlohmann::ordered_json& schemas() const { return schemas_; }

 private:
  nlohmann::ordered_json ValueSchema(
      const google::protobuf::FieldDescriptor& field);
  nlohmann::ordered_json MessageSchema(
      const google::protobuf::Descriptor& message);
  nlohmann::ordered_json ReferEnum(
      const google::protobuf::EnumDescriptor& type);

  nlohmann::ordered_json schemas_ = nlohmann::ordered_json::object();
};

// Returns whether JSON writes messages of this type as text or a number.
bool IsWrittenAsValue(const google::protobuf::Descriptor& message);

// Returns whether `field` has the field behavior (google.api) of that number.
bool HasBehavior(const google::protobuf::FieldDescriptor& field, int behavior);

// Returns `comment` without the space that begins each line and the end of line
// that closes it.
std::string TrimComment(absl::string_view comment);

// Returns the trimmed comment before a descriptor, or "".
template <typename Descriptor>
std::string CommentOf(const Descriptor& descriptor) {
  google::protobuf::SourceLocation location;
  if (!descriptor.GetSourceLocation(&location)) return "";
  return TrimComment(location.leading_comments);
}

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_LOCAL_OPENAPI_SCHEMA_H_

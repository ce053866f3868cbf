#include "gateway/local/openapi_schema.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "google/api/field_behavior.pb.h"

namespace crm::gateway {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using Json = nlohmann::ordered_json;

namespace {

Json Reference(const std::string& name) {
  return {{"$ref", absl::StrCat("#/components/schemas/", name)}};
}

// The schema of a type whose JSON is not an object of its fields, or null.
Json WellKnownSchema(const Descriptor& message) {
  switch (message.well_known_type()) {
    case Descriptor::WELLKNOWNTYPE_TIMESTAMP:
      return {{"type", "string"}, {"format", "date-time"}};
    case Descriptor::WELLKNOWNTYPE_DURATION:
      return {{"type", "string"}, {"pattern", "^-?[0-9]+(\\.[0-9]{1,9})?s$"}};
    case Descriptor::WELLKNOWNTYPE_FIELDMASK:
      return {{"type", "string"},
              {"description", "Field paths in lowerCamelCase, by commas."}};
    case Descriptor::WELLKNOWNTYPE_ANY:
      return {{"type", "object"},
              {"properties", {{"@type", {{"type", "string"}}}}},
              {"additionalProperties", true}};
    case Descriptor::WELLKNOWNTYPE_STRUCT:
      return {{"type", "object"}, {"additionalProperties", true}};
    case Descriptor::WELLKNOWNTYPE_LISTVALUE:
      return {{"type", "array"}, {"items", Json::object()}};
    case Descriptor::WELLKNOWNTYPE_VALUE:
      return Json::object();
    default:
      return nullptr;
  }
}

}  // namespace

bool IsWrittenAsValue(const Descriptor& message) {
  switch (message.well_known_type()) {
    case Descriptor::WELLKNOWNTYPE_UNSPECIFIED:
    case Descriptor::WELLKNOWNTYPE_ANY:
    case Descriptor::WELLKNOWNTYPE_STRUCT:
    case Descriptor::WELLKNOWNTYPE_LISTVALUE:
    case Descriptor::WELLKNOWNTYPE_VALUE:
      return false;
    default:
      return true;
  }
}

bool HasBehavior(const FieldDescriptor& field, int behavior) {
  const auto& options = field.options();
  for (int i = 0; i < options.ExtensionSize(google::api::field_behavior); ++i) {
    if (options.GetExtension(google::api::field_behavior, i) == behavior) {
      return true;
    }
  }
  return false;
}

std::string TrimComment(absl::string_view comment) {
  std::vector<absl::string_view> lines = absl::StrSplit(comment, '\n');
  for (absl::string_view& line : lines) absl::ConsumePrefix(&line, " ");
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  return absl::StrJoin(lines, "\n");
}

Json SchemaBook::Refer(const Descriptor& message) {
  const std::string& name = message.full_name();
  if (!schemas_.contains(name)) {
    // Entered first, so that a message may refer to itself.
    schemas_[name] = Json::object();
    Json schema = MessageSchema(message);
    schemas_[name] = std::move(schema);
  }
  return Reference(name);
}

Json SchemaBook::MessageSchema(const Descriptor& message) {
  Json schema = {{"type", "object"}};
  const std::string comment = CommentOf(message);
  if (!comment.empty()) schema["description"] = comment;
  Json properties = Json::object();
  Json required = Json::array();
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    Json property = FieldSchema(field);
    const std::string text = CommentOf(field);
    if (!text.empty()) property["description"] = text;
    if (HasBehavior(field, google::api::OUTPUT_ONLY)) {
      property["readOnly"] = true;
    }
    if (field.options().deprecated()) property["deprecated"] = true;
    if (HasBehavior(field, google::api::REQUIRED)) {
      required.push_back(field.json_name());
    }
    properties[field.json_name()] = std::move(property);
  }
  schema["properties"] = std::move(properties);
  if (!required.empty()) schema["required"] = std::move(required);
  return schema;
}

Json SchemaBook::FieldSchema(const FieldDescriptor& field) {
  if (field.is_map()) {
    return {{"type", "object"},
            {"additionalProperties",
             ValueSchema(*field.message_type()->map_value())}};
  }
  if (field.is_repeated()) {
    return {{"type", "array"}, {"items", ValueSchema(field)}};
  }
  return ValueSchema(field);
}

Json SchemaBook::ValueSchema(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return {{"type", "integer"}, {"format", "int32"}};
    case FieldDescriptor::CPPTYPE_UINT32:
      return {{"type", "integer"}, {"format", "int64"}, {"minimum", 0}};
    case FieldDescriptor::CPPTYPE_INT64:
      return {{"type", "string"}, {"format", "int64"}};
    case FieldDescriptor::CPPTYPE_UINT64:
      return {{"type", "string"}, {"format", "uint64"}};
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return {{"type", "number"}, {"format", "double"}};
    case FieldDescriptor::CPPTYPE_FLOAT:
      return {{"type", "number"}, {"format", "float"}};
    case FieldDescriptor::CPPTYPE_BOOL:
      return {{"type", "boolean"}};
    case FieldDescriptor::CPPTYPE_STRING:
      if (field.type() == FieldDescriptor::TYPE_BYTES) {
        return {{"type", "string"}, {"contentEncoding", "base64"}};
      }
      return {{"type", "string"}};
    case FieldDescriptor::CPPTYPE_ENUM:
      return ReferEnum(*field.enum_type());
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
  }
  const Descriptor& message = *field.message_type();
  Json known = WellKnownSchema(message);
  if (!known.is_null()) return known;
  // A wrapper is written as the value in it.
  if (IsWrittenAsValue(message)) return ValueSchema(*message.field(0));
  return Refer(message);
}

Json SchemaBook::ReferEnum(const EnumDescriptor& type) {
  const std::string& name = type.full_name();
  if (!schemas_.contains(name)) {
    Json schema = {{"type", "string"}};
    std::string text = CommentOf(type);
    Json values = Json::array();
    for (int i = 0; i < type.value_count(); ++i) {
      values.push_back(type.value(i)->name());
      absl::StrAppend(&text, "\n\n- `", type.value(i)->name(),
                      "`: ", CommentOf(*type.value(i)));
    }
    schema["description"] = text;
    schema["enum"] = std::move(values);
    schemas_[name] = std::move(schema);
  }
  return Reference(name);
}

}  // namespace crm::gateway

#include "shared/reflect/field_path.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"

namespace crm {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;

FieldValue ReadMessageValue(const Message& message) {
  const std::string& type = message.GetDescriptor()->full_name();
  if (type == "google.protobuf.Timestamp") {
    google::protobuf::Timestamp timestamp;
    timestamp.CopyFrom(message);
    return absl::ToUnixMicros(FromTimestamp(timestamp));
  }
  if (type == "google.protobuf.Duration") {
    google::protobuf::Duration duration;
    duration.CopyFrom(message);
    return duration.seconds() * 1'000'000 + duration.nanos() / 1000;
  }
  return message.SerializeAsString();
}

FieldValue ReadLeaf(const Message& message, const FieldDescriptor* field) {
  const auto* reflection = message.GetReflection();
  if (field->has_presence() && !reflection->HasField(message, field)) {
    return std::monostate();
  }
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return int64_t{reflection->GetInt32(message, field)};
    case FieldDescriptor::CPPTYPE_INT64:
      return int64_t{reflection->GetInt64(message, field)};
    case FieldDescriptor::CPPTYPE_UINT32:
      return int64_t{reflection->GetUInt32(message, field)};
    case FieldDescriptor::CPPTYPE_UINT64:
      return static_cast<int64_t>(reflection->GetUInt64(message, field));
    case FieldDescriptor::CPPTYPE_BOOL:
      return int64_t{reflection->GetBool(message, field)};
    case FieldDescriptor::CPPTYPE_ENUM:
      return int64_t{reflection->GetEnumValue(message, field)};
    case FieldDescriptor::CPPTYPE_FLOAT:
      return double{reflection->GetFloat(message, field)};
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return reflection->GetDouble(message, field);
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection->GetString(message, field);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return ReadMessageValue(reflection->GetMessage(message, field));
  }
  return std::monostate();
}

const FieldDescriptor* FindSingular(const Message& message,
                                    absl::string_view name,
                                    FieldDescriptor::CppType type) {
  const FieldDescriptor* field =
      message.GetDescriptor()->FindFieldByName(std::string(name));
  if (field == nullptr || field->is_repeated() || field->cpp_type() != type) {
    return nullptr;
  }
  return field;
}

}  // namespace

absl::StatusOr<FieldPath> FieldPath::Parse(
    absl::string_view text, const google::protobuf::Descriptor* message) {
  FieldPath path;
  path.text_ = std::string(text);
  for (const absl::string_view part : absl::StrSplit(text, '.')) {
    const FieldDescriptor* field =
        message == nullptr ? nullptr
                           : message->FindFieldByName(std::string(part));
    if (field == nullptr || field->is_repeated()) {
      return InvalidArgument(
          "FIELD_UNKNOWN",
          absl::StrCat("'", text, "' is not a path of singular fields."),
          {{"path", std::string(text)}});
    }
    path.fields_.push_back(field);
    message = field->message_type();
  }
  return path;
}

FieldValue ReadField(const Message& message, const FieldPath& path) {
  const Message* at = &message;
  for (size_t i = 0; i + 1 < path.fields().size(); ++i) {
    const FieldDescriptor* field = path.fields()[i];
    if (!at->GetReflection()->HasField(*at, field)) return std::monostate();
    at = &at->GetReflection()->GetMessage(*at, field);
  }
  return ReadLeaf(*at, path.leaf());
}

std::string ReadString(const Message& message, absl::string_view name) {
  const auto* field =
      FindSingular(message, name, FieldDescriptor::CPPTYPE_STRING);
  return field == nullptr ? ""
                          : message.GetReflection()->GetString(message, field);
}

void WriteString(Message& message, absl::string_view name,
                 absl::string_view value) {
  const auto* field =
      FindSingular(message, name, FieldDescriptor::CPPTYPE_STRING);
  if (field == nullptr) return;
  message.GetReflection()->SetString(&message, field, std::string(value));
}

bool ReadBool(const Message& message, absl::string_view name) {
  const auto* field =
      FindSingular(message, name, FieldDescriptor::CPPTYPE_BOOL);
  return field != nullptr && message.GetReflection()->GetBool(message, field);
}

}  // namespace crm

#include "gateway/transcode/field_text.h"

#include <cmath>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/reflection.h"
#include "google/protobuf/util/json_util.h"

namespace crm::gateway {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// Parses a whole number. absl::SimpleAtoi alone would take spaces and '+'.
template <typename T>
std::optional<T> ParseInteger(absl::string_view text) {
  T value = 0;
  const bool plain =
      !text.empty() &&
      absl::ascii_isdigit(static_cast<unsigned char>(text.back())) &&
      (text.front() == '-' ||
       absl::ascii_isdigit(static_cast<unsigned char>(text.front())));
  if (!plain || !absl::SimpleAtoi(text, &value)) return std::nullopt;
  return value;
}

std::optional<double> ParseDouble(absl::string_view text) {
  if (text == "NaN") return std::nan("");
  if (text == "Infinity") return HUGE_VAL;
  if (text == "-Infinity") return -HUGE_VAL;
  double value = 0;
  const bool plain =
      !text.empty() &&
      (text.front() == '-' ||
       absl::ascii_isdigit(static_cast<unsigned char>(text.front()))) &&
      absl::ascii_isdigit(static_cast<unsigned char>(text.back()));
  if (!plain || !absl::SimpleAtod(text, &value) || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

std::optional<bool> ParseBool(absl::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return std::nullopt;
}

std::optional<std::string> ParseBytes(absl::string_view text) {
  std::string bytes;
  if (absl::Base64Unescape(text, &bytes) ||
      absl::WebSafeBase64Unescape(text, &bytes)) {
    return bytes;
  }
  return std::nullopt;
}

const EnumValueDescriptor* ParseEnum(const FieldDescriptor& field,
                                     absl::string_view text) {
  if (const auto* value =
          field.enum_type()->FindValueByName(std::string(text))) {
    return value;
  }
  const std::optional<int32_t> number = ParseInteger<int32_t>(text);
  return number.has_value() ? field.enum_type()->FindValueByNumber(*number)
                            : nullptr;
}

// Sets one scalar, by either `set` (single) or `add` (repeated) of Reflection.
template <typename T, typename Set, typename Add>
std::optional<std::string> Store(Message& message, const FieldDescriptor& field,
                                 const std::optional<T>& value, Set set,
                                 Add add, absl::string_view expected) {
  if (!value.has_value()) {
    return absl::StrCat("The value is not ", expected, ".");
  }
  const Reflection& reflection = *message.GetReflection();
  if (field.is_repeated()) {
    (reflection.*add)(&message, &field, *value);
  } else {
    (reflection.*set)(&message, &field, *value);
  }
  return std::nullopt;
}

// Sets `message`, a well-known type whose JSON is a string, or a wrapper.
std::optional<std::string> SetWellKnown(Message& message,
                                        absl::string_view text) {
  const Descriptor& type = *message.GetDescriptor();
  switch (type.well_known_type()) {
    case Descriptor::WELLKNOWNTYPE_TIMESTAMP:
    case Descriptor::WELLKNOWNTYPE_DURATION:
    case Descriptor::WELLKNOWNTYPE_FIELDMASK: {
      // No value of these types needs a character that JSON escapes.
      const bool plain =
          !absl::StrContains(text, '"') && !absl::StrContains(text, '\\');
      const std::string json = absl::StrCat("\"", text, "\"");
      if (plain &&
          google::protobuf::util::JsonStringToMessage(json, &message).ok()) {
        return std::nullopt;
      }
      return absl::StrCat("The value is no ", type.name(), ".");
    }
    case Descriptor::WELLKNOWNTYPE_DOUBLEVALUE:
    case Descriptor::WELLKNOWNTYPE_FLOATVALUE:
    case Descriptor::WELLKNOWNTYPE_INT64VALUE:
    case Descriptor::WELLKNOWNTYPE_UINT64VALUE:
    case Descriptor::WELLKNOWNTYPE_INT32VALUE:
    case Descriptor::WELLKNOWNTYPE_UINT32VALUE:
    case Descriptor::WELLKNOWNTYPE_STRINGVALUE:
    case Descriptor::WELLKNOWNTYPE_BYTESVALUE:
    case Descriptor::WELLKNOWNTYPE_BOOLVALUE:
      return SetFieldFromText(message, {type.field(0)}, text);
    case Descriptor::WELLKNOWNTYPE_ANY:
    case Descriptor::WELLKNOWNTYPE_STRUCT:
    case Descriptor::WELLKNOWNTYPE_VALUE:
    case Descriptor::WELLKNOWNTYPE_LISTVALUE:
    case Descriptor::WELLKNOWNTYPE_UNSPECIFIED:
    case Descriptor::__WELLKNOWNTYPE__DO_NOT_USE__ADD_DEFAULT_INSTEAD__:
      break;
  }
  return "The field is a message; name one of its fields, as 'a.b=c'.";
}

std::optional<std::string> SetMessage(Message& message,
                                      const FieldDescriptor& field,
                                      absl::string_view text) {
  if (field.is_map()) {
    return "Maps cannot be given in a URL.";
  }
  const Reflection& reflection = *message.GetReflection();
  Message* child = field.is_repeated()
                       ? reflection.AddMessage(&message, &field)
                       : reflection.MutableMessage(&message, &field);
  return SetWellKnown(*child, text);
}

std::optional<std::string> SetValue(Message& message,
                                    const FieldDescriptor& field,
                                    absl::string_view text) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return Store(message, field, ParseInteger<int32_t>(text),
                   &Reflection::SetInt32, &Reflection::AddInt32,
                   "a 32-bit number");
    case FieldDescriptor::CPPTYPE_INT64:
      return Store(message, field, ParseInteger<int64_t>(text),
                   &Reflection::SetInt64, &Reflection::AddInt64,
                   "a 64-bit number");
    case FieldDescriptor::CPPTYPE_UINT32:
      return Store(message, field, ParseInteger<uint32_t>(text),
                   &Reflection::SetUInt32, &Reflection::AddUInt32,
                   "a 32-bit number without sign");
    case FieldDescriptor::CPPTYPE_UINT64:
      return Store(message, field, ParseInteger<uint64_t>(text),
                   &Reflection::SetUInt64, &Reflection::AddUInt64,
                   "a 64-bit number without sign");
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return Store(message, field, ParseDouble(text), &Reflection::SetDouble,
                   &Reflection::AddDouble, "a number");
    case FieldDescriptor::CPPTYPE_FLOAT: {
      const std::optional<double> value = ParseDouble(text);
      return Store(message, field,
                   value.has_value()
                       ? std::optional<float>(static_cast<float>(*value))
                       : std::nullopt,
                   &Reflection::SetFloat, &Reflection::AddFloat, "a number");
    }
    case FieldDescriptor::CPPTYPE_BOOL:
      return Store(message, field, ParseBool(text), &Reflection::SetBool,
                   &Reflection::AddBool, "'true' or 'false'");
    case FieldDescriptor::CPPTYPE_STRING:
      return Store(message, field,
                   field.type() == FieldDescriptor::TYPE_BYTES
                       ? ParseBytes(text)
                       : std::optional<std::string>(text),
                   &Reflection::SetString, &Reflection::AddString, "base64");
    case FieldDescriptor::CPPTYPE_ENUM: {
      const EnumValueDescriptor* value = ParseEnum(field, text);
      return Store(message, field,
                   value == nullptr
                       ? std::nullopt
                       : std::optional<const EnumValueDescriptor*>(value),
                   &Reflection::SetEnum, &Reflection::AddEnum,
                   absl::StrCat("a value of ", field.enum_type()->name()));
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return SetMessage(message, field, text);
  }
  return "The field has no text form.";
}

}  // namespace

std::optional<std::string> SetFieldFromText(Message& message,
                                            const FieldPath& path,
                                            absl::string_view text) {
  Message* scope = &message;
  for (size_t i = 0; i + 1 < path.size(); ++i) {
    scope = scope->GetReflection()->MutableMessage(scope, path[i]);
  }
  return SetValue(*scope, *path.back(), text);
}

}  // namespace crm::gateway

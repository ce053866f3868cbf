// The half of TextField that reads.

#include <array>
#include <charconv>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/type/date.pb.h"
#include "google/type/money.pb.h"
#include "shared/base/clock.h"
#include "shared/reflect/field_text.h"
#include "shared/reflect/map_entries.h"

namespace crm {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;

template <typename T>
std::string TextOfNumber(T number) {
  std::array<char, 64> buffer;
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
  return std::string(buffer.data(), end);
}

// Returns `number` without its sign, which the least one has no room for.
uint64_t Magnitude(int64_t number) {
  const auto bits = static_cast<uint64_t>(number);
  return number < 0 ? uint64_t{0} - bits : bits;
}

std::string TextOfAmount(const google::type::Money& money) {
  std::string text = absl::StrFormat(
      "%s%d.%09d", money.units() < 0 || money.nanos() < 0 ? "-" : "",
      Magnitude(money.units()), Magnitude(money.nanos()));
  // Cents are shown, and more only where there are more.
  const size_t least = text.find('.') + 3;
  while (text.size() > least && text.back() == '0') text.pop_back();
  return text;
}

std::string TextOfMessage(const Message& message) {
  const auto* type = message.GetDescriptor();
  if (type == google::type::Money::descriptor()) {
    return TextOfAmount(static_cast<const google::type::Money&>(message));
  }
  if (type == google::type::Date::descriptor()) {
    const auto& date = static_cast<const google::type::Date&>(message);
    return absl::StrFormat("%04d-%02d-%02d", date.year(), date.month(),
                           date.day());
  }
  return absl::FormatTime(
      absl::RFC3339_full,
      FromTimestamp(static_cast<const google::protobuf::Timestamp&>(message)),
      absl::UTCTimeZone());
}

std::string TextOfEnum(const google::protobuf::EnumValueDescriptor* value) {
  return value->number() == 0 ? "" : value->name();
}

std::string ReadOne(const FieldDescriptor* field, const Message& holder) {
  const auto* from = holder.GetReflection();
  if (field->has_presence() && !from->HasField(holder, field)) return "";
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return from->GetString(holder, field);
    case FieldDescriptor::CPPTYPE_INT32:
      return TextOfNumber(from->GetInt32(holder, field));
    case FieldDescriptor::CPPTYPE_INT64:
      return TextOfNumber(from->GetInt64(holder, field));
    case FieldDescriptor::CPPTYPE_UINT32:
      return TextOfNumber(from->GetUInt32(holder, field));
    case FieldDescriptor::CPPTYPE_UINT64:
      return TextOfNumber(from->GetUInt64(holder, field));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return TextOfNumber(from->GetDouble(holder, field));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return TextOfNumber(from->GetFloat(holder, field));
    case FieldDescriptor::CPPTYPE_BOOL:
      return from->GetBool(holder, field) ? "true" : "false";
    case FieldDescriptor::CPPTYPE_ENUM:
      return TextOfEnum(from->GetEnum(holder, field));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return TextOfMessage(from->GetMessage(holder, field));
  }
  return "";
}

// Lists hold no messages, or they would have no form as text.
std::string ReadItem(const FieldDescriptor* field, const Message& holder,
                     int index) {
  const auto* from = holder.GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return from->GetRepeatedString(holder, field, index);
    case FieldDescriptor::CPPTYPE_INT32:
      return TextOfNumber(from->GetRepeatedInt32(holder, field, index));
    case FieldDescriptor::CPPTYPE_INT64:
      return TextOfNumber(from->GetRepeatedInt64(holder, field, index));
    case FieldDescriptor::CPPTYPE_UINT32:
      return TextOfNumber(from->GetRepeatedUInt32(holder, field, index));
    case FieldDescriptor::CPPTYPE_UINT64:
      return TextOfNumber(from->GetRepeatedUInt64(holder, field, index));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return TextOfNumber(from->GetRepeatedDouble(holder, field, index));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return TextOfNumber(from->GetRepeatedFloat(holder, field, index));
    case FieldDescriptor::CPPTYPE_BOOL:
      return from->GetRepeatedBool(holder, field, index) ? "true" : "false";
    case FieldDescriptor::CPPTYPE_ENUM:
      return TextOfEnum(from->GetRepeatedEnum(holder, field, index));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
  }
  return "";
}

}  // namespace

std::string TextField::Read(const Message& message) const {
  if (parent_missing(message)) return "";
  const Message* holder = &message;
  for (size_t i = 0; i + 1 < fields_.size(); ++i) {
    holder = &holder->GetReflection()->GetMessage(*holder, fields_[i]);
  }
  if (field().is_map()) return ReadMapEntry(*holder);
  if (!field().is_repeated()) return ReadOne(&field(), *holder);
  std::string text;
  const int count = holder->GetReflection()->FieldSize(*holder, &field());
  for (int i = 0; i < count; ++i) {
    absl::StrAppend(&text, i > 0 ? ";" : "", ReadItem(&field(), *holder, i));
  }
  return text;
}

std::string TextField::ReadMapEntry(const Message& holder) const {
  const int index = FindMapEntry(holder, {&field(), key_});
  if (index < 0) return "";
  const Message& entry =
      holder.GetReflection()->GetRepeatedMessage(holder, &field(), index);
  const FieldDescriptor* value = field().message_type()->map_value();
  if (member_ == nullptr) return ReadOne(value, entry);
  return ReadOne(member_, entry.GetReflection()->GetMessage(entry, value));
}

}  // namespace crm

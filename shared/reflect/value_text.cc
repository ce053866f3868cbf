#include "shared/reflect/value_text.h"

#include <array>
#include <charconv>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "crm/api/custom_value.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/type/date.pb.h"
#include "google/type/money.pb.h"
#include "shared/base/clock.h"

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

std::string TextOfAmount(const google::type::Money& money, AmountText amounts) {
  std::string text = absl::StrFormat(
      "%s%d.%09d", money.units() < 0 || money.nanos() < 0 ? "-" : "",
      Magnitude(money.units()), Magnitude(money.nanos()));
  // Cents are shown, and more only where there are more.
  const size_t least = text.find('.') + 3;
  while (text.size() > least && text.back() == '0') text.pop_back();
  return amounts == AmountText::kBare
             ? text
             : absl::StrCat(text, " ", money.currency_code());
}

std::string TextOfDate(const google::type::Date& date) {
  return absl::StrFormat("%04d-%02d-%02d", date.year(), date.month(),
                         date.day());
}

std::string TextOfTime(const google::protobuf::Timestamp& time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", FromTimestamp(time),
                          absl::UTCTimeZone());
}

// Returns the member that is set, of whatever kind.
std::string TextOfCustom(const crm::api::CustomValue& value,
                         AmountText amounts) {
  const FieldDescriptor* member =
      value.GetReflection()->GetOneofFieldDescriptor(
          value, value.GetDescriptor()->oneof_decl(0));
  return member == nullptr ? "" : ValueText(value, *member, -1, amounts);
}

std::string TextOfMessage(const Message& message, AmountText amounts) {
  const auto* type = message.GetDescriptor();
  if (type == google::type::Money::descriptor()) {
    return TextOfAmount(static_cast<const google::type::Money&>(message),
                        amounts);
  }
  if (type == google::type::Date::descriptor()) {
    return TextOfDate(static_cast<const google::type::Date&>(message));
  }
  if (type == google::protobuf::Timestamp::descriptor()) {
    return TextOfTime(static_cast<const google::protobuf::Timestamp&>(message));
  }
  if (type == crm::api::CustomValue::descriptor()) {
    return TextOfCustom(static_cast<const crm::api::CustomValue&>(message),
                        amounts);
  }
  return "";
}

std::string TextOfEnum(const google::protobuf::EnumValueDescriptor* value) {
  return value->number() == 0 ? "" : value->name();
}

}  // namespace

std::string ValueText(const Message& holder, const FieldDescriptor& field,
                      int index, AmountText amounts) {
  const auto& from = *holder.GetReflection();
  const bool one = index < 0;
  if (one && field.has_presence() && !from.HasField(holder, &field)) return "";
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return one ? from.GetString(holder, &field)
                 : from.GetRepeatedString(holder, &field, index);
    case FieldDescriptor::CPPTYPE_INT32:
      return TextOfNumber(one ? from.GetInt32(holder, &field)
                              : from.GetRepeatedInt32(holder, &field, index));
    case FieldDescriptor::CPPTYPE_INT64:
      return TextOfNumber(one ? from.GetInt64(holder, &field)
                              : from.GetRepeatedInt64(holder, &field, index));
    case FieldDescriptor::CPPTYPE_UINT32:
      return TextOfNumber(one ? from.GetUInt32(holder, &field)
                              : from.GetRepeatedUInt32(holder, &field, index));
    case FieldDescriptor::CPPTYPE_UINT64:
      return TextOfNumber(one ? from.GetUInt64(holder, &field)
                              : from.GetRepeatedUInt64(holder, &field, index));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return TextOfNumber(one ? from.GetDouble(holder, &field)
                              : from.GetRepeatedDouble(holder, &field, index));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return TextOfNumber(one ? from.GetFloat(holder, &field)
                              : from.GetRepeatedFloat(holder, &field, index));
    case FieldDescriptor::CPPTYPE_BOOL:
      return (one ? from.GetBool(holder, &field)
                  : from.GetRepeatedBool(holder, &field, index))
                 ? "true"
                 : "false";
    case FieldDescriptor::CPPTYPE_ENUM:
      return TextOfEnum(one ? from.GetEnum(holder, &field)
                            : from.GetRepeatedEnum(holder, &field, index));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return TextOfMessage(one ? from.GetMessage(holder, &field)
                               : from.GetRepeatedMessage(holder, &field, index),
                           amounts);
  }
  return "";
}

}  // namespace crm

#include "services/operational/domain/field_template.h"

#include <cstdint>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "crm/api/custom_value.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/type/date.pb.h"
#include "google/type/money.pb.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/query/field_value.h"

namespace crm::operational {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;

absl::Status BadTemplate(absl::string_view description) {
  return InvalidArgument("BAD_TEMPLATE", description);
}

std::string TimeText(const google::protobuf::Timestamp& time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", FromTimestamp(time),
                          absl::UTCTimeZone());
}

std::string MoneyText(const google::type::Money& money) {
  const bool negative = money.units() < 0 || money.nanos() < 0;
  const uint64_t units = negative ? 0 - static_cast<uint64_t>(money.units())
                                  : static_cast<uint64_t>(money.units());
  std::string fraction = absl::StrFormat("%09d", std::abs(money.nanos()));
  while (fraction.size() > 2 && fraction.back() == '0') fraction.pop_back();
  return absl::StrCat(negative ? "-" : "", units, ".", fraction, " ",
                      money.currency_code());
}

std::string CustomText(const crm::api::CustomValue& value) {
  using Value = crm::api::CustomValue;
  switch (value.value_case()) {
    case Value::kStringValue:
      return value.string_value();
    case Value::kIntValue:
      return absl::StrCat(value.int_value());
    case Value::kDoubleValue:
      return absl::StrCat(value.double_value());
    case Value::kBoolValue:
      return value.bool_value() ? "true" : "false";
    case Value::kTimeValue:
      return TimeText(value.time_value());
    case Value::kDateValue:
      return value.date_value();
    case Value::kMoneyValue:
      return MoneyText(value.money_value());
    case Value::kOptionValue:
      return value.option_value();
    case Value::kReferenceValue:
      return value.reference_value();
    case Value::kOptionsValue:
    case Value::VALUE_NOT_SET:
      return "";
  }
  return "";
}

bool IsKnownMessage(const Descriptor* type) {
  return type == google::protobuf::Timestamp::descriptor() ||
         type == google::type::Money::descriptor() ||
         type == google::type::Date::descriptor() ||
         type == crm::api::CustomValue::descriptor();
}

bool HasText(const FieldDescriptor& field) {
  if (field.is_map()) return HasText(*field.message_type()->map_value());
  if (field.type() == FieldDescriptor::TYPE_BYTES) return false;
  return field.message_type() == nullptr ||
         IsKnownMessage(field.message_type());
}

std::string MessageText(const Message& message) {
  const Descriptor* type = message.GetDescriptor();
  if (type == google::protobuf::Timestamp::descriptor()) {
    return TimeText(static_cast<const google::protobuf::Timestamp&>(message));
  }
  if (type == google::type::Money::descriptor()) {
    return MoneyText(static_cast<const google::type::Money&>(message));
  }
  if (type == google::type::Date::descriptor()) {
    const auto& date = static_cast<const google::type::Date&>(message);
    return absl::StrFormat("%04d-%02d-%02d", date.year(), date.month(),
                           date.day());
  }
  return CustomText(static_cast<const crm::api::CustomValue&>(message));
}

// Returns the text of the single value in `slot`.
std::string SlotText(const FieldSlot& slot) {
  const Message& message = slot.message;
  const FieldDescriptor* field = &slot.field;
  const auto& reflection = *message.GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection.GetString(message, field);
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.GetBool(message, field) ? "true" : "false";
    case FieldDescriptor::CPPTYPE_ENUM:
      return reflection.GetEnum(message, field)->number() == 0
                 ? ""
                 : reflection.GetEnum(message, field)->name();
    case FieldDescriptor::CPPTYPE_INT32:
      return absl::StrCat(reflection.GetInt32(message, field));
    case FieldDescriptor::CPPTYPE_INT64:
      return absl::StrCat(reflection.GetInt64(message, field));
    case FieldDescriptor::CPPTYPE_UINT32:
      return absl::StrCat(reflection.GetUInt32(message, field));
    case FieldDescriptor::CPPTYPE_UINT64:
      return absl::StrCat(reflection.GetUInt64(message, field));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return absl::StrCat(reflection.GetFloat(message, field));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return absl::StrCat(reflection.GetDouble(message, field));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return MessageText(reflection.GetMessage(message, field));
  }
  return "";
}

absl::StatusOr<FieldPath> FindField(absl::string_view name,
                                    const Descriptor& type,
                                    const FindCustomField& find_custom) {
  std::optional<FieldPath> path = FindFieldPath(type, name);
  if (!path.has_value() || path->many() || !HasText(path->field())) {
    return BadTemplate(absl::StrCat(
        "must name single fields of the type in its braces, which '{", name,
        "}' does not; a brace is written '{{'."));
  }
  const PathStep& first = path->steps.front();
  if (IsCustomFields(*first.field) &&
      (!find_custom || !first.map_key.has_value() ||
       find_custom(type, *first.map_key).member == nullptr)) {
    return BadTemplate(
        absl::StrCat("must name custom fields that are in use, which '{", name,
                     "}' does not."));
  }
  return *std::move(path);
}

}  // namespace

absl::StatusOr<FieldTemplate> FieldTemplate::Parse(
    absl::string_view text, const Descriptor& type,
    const FindCustomField& find_custom) {
  FieldTemplate parsed;
  Part part;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '{') {
      part.text += text[i];
      continue;
    }
    if (i + 1 < text.size() && text[i + 1] == '{') {
      part.text += '{';
      ++i;
      continue;
    }
    const size_t end = text.find('}', i);
    if (end == absl::string_view::npos) {
      return BadTemplate("must close each brace; a brace is written '{{'.");
    }
    CRM_ASSIGN_OR_RETURN(part.field, FindField(text.substr(i + 1, end - i - 1),
                                               type, find_custom));
    parsed.parts_.push_back(std::move(part));
    part = Part();
    i = end;
  }
  parsed.parts_.push_back(std::move(part));
  return parsed;
}

std::string FieldTemplate::Render(const Message& message) const {
  std::string text;
  for (const Part& part : parts_) {
    text += part.text;
    if (!part.field.has_value()) continue;
    AnySlot(message, *part.field, [&](const FieldSlot& slot) {
      text += SlotText(slot);
      return true;
    });
  }
  return text;
}

}  // namespace crm::operational

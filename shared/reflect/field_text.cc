#include "shared/reflect/field_text.h"

#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/type/date.pb.h"
#include "google/type/money.pb.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/reflect/map_entries.h"
#include "shared/reflect/resource_schema.h"

namespace crm {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;

absl::Status TakesNoText(absl::string_view path, absl::string_view why) {
  return InvalidArgument("FIELD_TAKES_NO_TEXT",
                         absl::StrCat("The field '", path, "' ", why, "."),
                         {{"field", std::string(path)}});
}

bool IsLeafMessage(const Descriptor* type) {
  return type == google::protobuf::Timestamp::descriptor() ||
         type == google::type::Date::descriptor() ||
         type == google::type::Money::descriptor();
}

bool HasTextForm(const FieldDescriptor& field) {
  if (field.type() == FieldDescriptor::TYPE_BYTES) return false;
  if (field.message_type() == nullptr) return true;
  return !field.is_repeated() && IsLeafMessage(field.message_type());
}

std::optional<absl::Time> ParseTime(absl::string_view text) {
  for (const char* format : {absl::RFC3339_full, "%E4Y-%m-%d %H:%M:%E*S",
                             "%E4Y-%m-%d %H:%M", "%E4Y-%m-%d"}) {
    absl::Time time;
    if (absl::ParseTime(format, text, absl::UTCTimeZone(), &time, nullptr) &&
        time > absl::InfinitePast() && time < absl::InfiniteFuture()) {
      return time;
    }
  }
  return std::nullopt;
}

// Returns nanos of a decimal number with at most nine digits after its point.
std::optional<std::pair<int64_t, int32_t>> ParseAmount(absl::string_view text) {
  const bool negative = absl::ConsumePrefix(&text, "-");
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(text, absl::MaxSplits('.', 1));
  const auto is_digits = [](absl::string_view digits) {
    for (const char c : digits) {
      if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return false;
    }
    return true;
  };
  if (parts.first.empty() || parts.first.size() > 18 ||
      parts.second.size() > 9 || !is_digits(parts.first) ||
      !is_digits(parts.second)) {
    return std::nullopt;
  }
  int64_t units = 0;
  int32_t nanos = 0;
  std::string fraction(parts.second);
  fraction.resize(9, '0');
  if (!absl::SimpleAtoi(parts.first, &units) ||
      !absl::SimpleAtoi(fraction, &nanos)) {
    return std::nullopt;
  }
  if (negative) {
    units = -units;
    nanos = -nanos;
  }
  return std::pair(units, nanos);
}

// Writes a number of the type `T` by `set`.
template <typename T, typename Set>
std::string WriteNumber(absl::string_view text, Set set) {
  T number = 0;
  bool read = false;
  if constexpr (std::is_same_v<T, double>) {
    read = absl::SimpleAtod(text, &number) && std::isfinite(number);
  } else if constexpr (std::is_same_v<T, float>) {
    read = absl::SimpleAtof(text, &number) && std::isfinite(number);
  } else {
    read = absl::SimpleAtoi(text, &number);
  }
  if (!read) return "must be a number.";
  set(number);
  return "";
}

std::string WriteMessage(absl::string_view text, Message& holder) {
  if (holder.GetDescriptor() == google::type::Money::descriptor()) {
    const auto amount = ParseAmount(text);
    if (!amount.has_value()) return "must be an amount, as 12.50.";
    auto& money = static_cast<google::type::Money&>(holder);
    money.set_units(amount->first);
    money.set_nanos(amount->second);
    return "";
  }
  const std::optional<absl::Time> time = ParseTime(text);
  if (holder.GetDescriptor() == google::type::Date::descriptor()) {
    if (!time.has_value()) return "must be a date, as 2026-05-31.";
    const absl::CivilDay day = absl::ToCivilDay(*time, absl::UTCTimeZone());
    auto& date = static_cast<google::type::Date&>(holder);
    date.set_year(static_cast<int32_t>(day.year()));
    date.set_month(day.month());
    date.set_day(day.day());
    return "";
  }
  if (!time.has_value()) return "must be a time, as 2026-05-31T14:30:00Z.";
  static_cast<google::protobuf::Timestamp&>(holder) = ToTimestamp(*time);
  return "";
}

// Writes `text` to the field `to` of `holder`, or adds it to the list there.
std::string WriteOne(const FieldDescriptor* to, absl::string_view text,
                     Message& holder) {
  const auto* reflection = holder.GetReflection();
  const bool adds = to->is_repeated();
  switch (to->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      adds ? reflection->AddString(&holder, to, std::string(text))
           : reflection->SetString(&holder, to, std::string(text));
      return "";
    case FieldDescriptor::CPPTYPE_INT32:
      return WriteNumber<int32_t>(text, [&](int32_t number) {
        adds ? reflection->AddInt32(&holder, to, number)
             : reflection->SetInt32(&holder, to, number);
      });
    case FieldDescriptor::CPPTYPE_INT64:
      return WriteNumber<int64_t>(text, [&](int64_t number) {
        adds ? reflection->AddInt64(&holder, to, number)
             : reflection->SetInt64(&holder, to, number);
      });
    case FieldDescriptor::CPPTYPE_UINT32:
      return WriteNumber<uint32_t>(text, [&](uint32_t number) {
        adds ? reflection->AddUInt32(&holder, to, number)
             : reflection->SetUInt32(&holder, to, number);
      });
    case FieldDescriptor::CPPTYPE_UINT64:
      return WriteNumber<uint64_t>(text, [&](uint64_t number) {
        adds ? reflection->AddUInt64(&holder, to, number)
             : reflection->SetUInt64(&holder, to, number);
      });
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return WriteNumber<double>(text, [&](double number) {
        adds ? reflection->AddDouble(&holder, to, number)
             : reflection->SetDouble(&holder, to, number);
      });
    case FieldDescriptor::CPPTYPE_FLOAT:
      return WriteNumber<float>(text, [&](float number) {
        adds ? reflection->AddFloat(&holder, to, number)
             : reflection->SetFloat(&holder, to, number);
      });
    case FieldDescriptor::CPPTYPE_BOOL: {
      bool value = false;
      if (!absl::SimpleAtob(text, &value)) return "must be true or false.";
      adds ? reflection->AddBool(&holder, to, value)
           : reflection->SetBool(&holder, to, value);
      return "";
    }
    case FieldDescriptor::CPPTYPE_ENUM: {
      const auto* value =
          to->enum_type()->FindValueByName(absl::AsciiStrToUpper(text));
      if (value == nullptr) return "must be the name of one of its values.";
      adds ? reflection->AddEnum(&holder, to, value)
           : reflection->SetEnum(&holder, to, value);
      return "";
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return WriteMessage(text, *reflection->MutableMessage(&holder, to));
  }
  return "must be left out.";
}

}  // namespace

absl::StatusOr<TextField> TextField::Find(const Descriptor& message,
                                          absl::string_view path,
                                          const FindCustomField& find_custom) {
  return Resolve(message, path, find_custom, Use::kWrite);
}

absl::StatusOr<TextField> TextField::FindToRead(
    const Descriptor& message, absl::string_view path,
    const FindCustomField& find_custom) {
  return Resolve(message, path, find_custom, Use::kRead);
}

absl::StatusOr<TextField> TextField::Resolve(const Descriptor& message,
                                             absl::string_view path,
                                             const FindCustomField& find_custom,
                                             Use use) {
  TextField out;
  out.path_ = std::string(path);
  const Descriptor* type = &message;
  absl::string_view rest = path;
  while (!rest.empty()) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(rest, absl::MaxSplits('.', 1));
    const FieldDescriptor* field =
        type == nullptr ? nullptr
                        : type->FindFieldByName(std::string(parts.first));
    if (field == nullptr) return TakesNoText(path, "is not there");
    // Names are given at create.
    const bool is_name = out.fields_.empty() && field->name() == "name";
    if (use == Use::kWrite && ResourceSchema::IsOutputOnly(field) && !is_name) {
      return TakesNoText(path, "is written by the server alone");
    }
    out.fields_.push_back(field);
    rest = parts.second;
    if (field->is_map()) {
      out.key_ = std::string(std::exchange(rest, ""));
      if (out.key_.empty()) return TakesNoText(path, "lacks a key");
    } else if (field->is_repeated() && !rest.empty()) {
      return TakesNoText(path, "lies in a list");
    }
    type = field->message_type();
  }
  if (out.fields_.empty()) return TakesNoText(path, "has no name");
  const FieldDescriptor* holds = &out.field();
  if (IsCustomFields(*holds)) {
    out.member_ = find_custom(message, out.key_).member;
    if (out.member_ == nullptr) return TakesNoText(path, "is not defined");
    holds = out.member_;
  } else if (holds->is_map()) {
    holds = holds->message_type()->map_value();
  }
  // An amount of a custom field has no column for its currency.
  const bool lacks_currency =
      use == Use::kWrite && out.member_ != nullptr &&
      holds->message_type() == google::type::Money::descriptor();
  if (!HasTextForm(*holds) || lacks_currency) {
    return TakesNoText(path, "has no form as text");
  }
  return out;
}

bool TextField::joins() const {
  return field().type() == FieldDescriptor::TYPE_STRING &&
         !field().is_repeated();
}

bool TextField::parent_missing(const Message& message) const {
  const Message* holder = &message;
  for (size_t i = 0; i + 1 < fields_.size(); ++i) {
    if (!holder->GetReflection()->HasField(*holder, fields_[i])) return true;
    holder = &holder->GetReflection()->GetMessage(*holder, fields_[i]);
  }
  return false;
}

Message& TextField::Holder(Message& message) const {
  Message* holder = &message;
  for (size_t i = 0; i + 1 < fields_.size(); ++i) {
    holder = holder->GetReflection()->MutableMessage(holder, fields_[i]);
  }
  return *holder;
}

std::string TextField::Write(absl::string_view text, Message& message) const {
  Message& holder = Holder(message);
  if (field().is_map()) return WriteMapEntry(text, holder);
  if (!field().is_repeated()) return WriteOne(&field(), text, holder);
  for (const absl::string_view item :
       absl::StrSplit(text, ';', absl::SkipWhitespace())) {
    const std::string wrong =
        WriteOne(&field(), absl::StripAsciiWhitespace(item), holder);
    if (!wrong.empty()) return wrong;
  }
  return "";
}

std::string TextField::WriteMapEntry(absl::string_view text,
                                     Message& holder) const {
  EraseMapEntry(holder, {&field(), key_});
  Message* entry = holder.GetReflection()->AddMessage(&holder, &field());
  const auto* reflection = entry->GetReflection();
  const FieldDescriptor* value = field().message_type()->map_value();
  reflection->SetString(entry, field().message_type()->map_key(), key_);
  if (member_ == nullptr) return WriteOne(value, text, *entry);
  return WriteOne(member_, text, *reflection->MutableMessage(entry, value));
}

}  // namespace crm

#include "shared/query/field_path.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace crm {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kNanosPerMicro = 1'000;
// Beyond what Timestamp and Duration may hold, and safe to multiply.
constexpr int64_t kMaxSeconds = 1'000'000'000'000;

const FieldDescriptor& MapValueField(const FieldDescriptor& map) {
  return *map.message_type()->map_value();
}

// Returns the key of the map entry `entry` as text: `region`, `42`, `true`.
std::string KeyText(const Message& entry) {
  const FieldSlot key{entry, *entry.GetDescriptor()->map_key(), -1, true};
  const SqlValue value = ValueOf(key);
  switch (KindOf(key.field)) {
    case ValueKind::kBool:
      return std::get<int64_t>(value) != 0 ? "true" : "false";
    case ValueKind::kUnsigned:
      return absl::StrCat(static_cast<uint64_t>(std::get<int64_t>(value)));
    case ValueKind::kText:
      return std::get<std::string>(value);
    case ValueKind::kInteger:
    case ValueKind::kBytes:
    case ValueKind::kEnum:
    case ValueKind::kFloat:
    case ValueKind::kDouble:
    case ValueKind::kTimestamp:
    case ValueKind::kDuration:
    case ValueKind::kMessage:
      // Of these only integers may be keys.
      return absl::StrCat(std::get<int64_t>(value));
  }
  return "";
}

// Returns the microseconds of a Timestamp or Duration, rounded down.
int64_t MicrosOf(const Message& message) {
  const Descriptor& type = *message.GetDescriptor();
  const Reflection& reflection = *message.GetReflection();
  const int64_t seconds =
      std::clamp(reflection.GetInt64(message, type.FindFieldByNumber(1)),
                 -kMaxSeconds, kMaxSeconds);
  const int64_t nanos = reflection.GetInt32(message, type.FindFieldByNumber(2));
  const int64_t micros =
      nanos / kNanosPerMicro - (nanos % kNanosPerMicro < 0 ? 1 : 0);
  return seconds * kMicrosPerSecond + micros;
}

const Message& MessageOf(const FieldSlot& slot) {
  const Reflection& reflection = *slot.message.GetReflection();
  return slot.index < 0 ? reflection.GetMessage(slot.message, &slot.field)
                        : reflection.GetRepeatedMessage(
                              slot.message, &slot.field, slot.index);
}

SqlValue FloatValue(double value) {
  if (std::isnan(value)) return std::monostate();
  return value;
}

bool Walk(const Message& message, std::span<const PathStep> steps,
          absl::FunctionRef<bool(const FieldSlot&)> visit) {
  const FieldDescriptor& field = *steps.front().field;
  const std::optional<std::string>& key = steps.front().map_key;
  const Reflection& reflection = *message.GetReflection();
  const std::span<const PathStep> rest = steps.subspan(1);
  const auto descend = [&](const FieldSlot& slot) {
    return rest.empty() ? visit(slot) : Walk(MessageOf(slot), rest, visit);
  };
  if (!field.is_repeated()) {
    if (field.has_presence() && !reflection.HasField(message, &field)) {
      return false;
    }
    return descend({message, field, -1, false});
  }
  const int size = reflection.FieldSize(message, &field);
  for (int i = 0; i < size; ++i) {
    if (!key.has_value()) {
      if (descend({message, field, i, true})) return true;
      continue;
    }
    const Message& entry = reflection.GetRepeatedMessage(message, &field, i);
    if (KeyText(entry) == *key) {
      return descend({entry, MapValueField(field), -1, true});
    }
  }
  return false;
}

}  // namespace

ValueKind KindOf(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return field.type() == FieldDescriptor::TYPE_BYTES ? ValueKind::kBytes
                                                         : ValueKind::kText;
    case FieldDescriptor::CPPTYPE_BOOL:
      return ValueKind::kBool;
    case FieldDescriptor::CPPTYPE_ENUM:
      return ValueKind::kEnum;
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_UINT32:
      return ValueKind::kInteger;
    case FieldDescriptor::CPPTYPE_UINT64:
      return ValueKind::kUnsigned;
    case FieldDescriptor::CPPTYPE_FLOAT:
      return ValueKind::kFloat;
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return ValueKind::kDouble;
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
  }
  if (field.is_map()) return KindOf(MapValueField(field));
  switch (field.message_type()->well_known_type()) {
    case Descriptor::WELLKNOWNTYPE_TIMESTAMP:
      return ValueKind::kTimestamp;
    case Descriptor::WELLKNOWNTYPE_DURATION:
      return ValueKind::kDuration;
    default:
      return ValueKind::kMessage;
  }
}

ColumnType ColumnTypeOf(ValueKind kind) {
  switch (kind) {
    case ValueKind::kText:
      return ColumnType::kText;
    case ValueKind::kBytes:
    case ValueKind::kMessage:
      return ColumnType::kBlob;
    case ValueKind::kFloat:
    case ValueKind::kDouble:
      return ColumnType::kReal;
    case ValueKind::kBool:
    case ValueKind::kEnum:
    case ValueKind::kInteger:
    case ValueKind::kUnsigned:
    case ValueKind::kTimestamp:
    case ValueKind::kDuration:
      return ColumnType::kInteger;
  }
  return ColumnType::kBlob;
}

const FieldDescriptor* FindField(const Descriptor& message,
                                 absl::string_view name) {
  const std::string key(name);
  const FieldDescriptor* field = message.FindFieldByName(key);
  return field != nullptr ? field : message.FindFieldByCamelcaseName(key);
}

bool FieldPath::many() const {
  return std::ranges::any_of(steps, [](const PathStep& step) {
    return step.field->is_repeated() && !step.map_key.has_value();
  });
}

bool FieldPath::optional_value() const {
  return std::ranges::any_of(steps, [](const PathStep& step) {
    return step.map_key.has_value() || step.field->has_presence();
  });
}

std::string FieldPath::text() const {
  std::string text;
  for (const PathStep& step : steps) {
    absl::StrAppend(&text, text.empty() ? "" : ".", step.field->name());
    if (!step.map_key.has_value()) continue;
    const bool plain = !absl::StrContains(*step.map_key, '.');
    absl::StrAppend(
        &text, ".",
        plain ? *step.map_key
              : absl::StrCat("\"", absl::CEscape(*step.map_key), "\""));
  }
  return text;
}

std::string FieldPath::field_text() const {
  std::string text;
  for (const PathStep& step : steps) {
    absl::StrAppend(&text, text.empty() ? "" : ".", step.field->name());
    if (step.field->is_map()) break;
  }
  return text;
}

std::optional<FieldPath> FindFieldPath(const Descriptor& root,
                                       absl::string_view text) {
  FieldPath path;
  const Descriptor* type = &root;
  for (const absl::string_view part : absl::StrSplit(text, '.')) {
    if (!path.steps.empty() && path.field().is_map() &&
        !path.steps.back().map_key.has_value()) {
      path.steps.back().map_key = std::string(part);
      type = MapValueField(path.field()).message_type();
      continue;
    }
    const FieldDescriptor* field =
        type == nullptr ? nullptr : FindField(*type, part);
    if (field == nullptr) return std::nullopt;
    path.steps.push_back({field, std::nullopt});
    type = field->message_type();
  }
  return path;
}

bool AnySlot(const Message& root, const FieldPath& path,
             absl::FunctionRef<bool(const FieldSlot&)> visit) {
  return Walk(root, path.steps, visit);
}

const std::string& TextOf(const FieldSlot& slot, std::string& scratch) {
  const Reflection& reflection = *slot.message.GetReflection();
  return slot.index < 0 ? reflection.GetStringReference(slot.message,
                                                        &slot.field, &scratch)
                        : reflection.GetRepeatedStringReference(
                              slot.message, &slot.field, slot.index, &scratch);
}

SqlValue ValueOf(const FieldSlot& slot) {
  const Message& m = slot.message;
  const FieldDescriptor* f = &slot.field;
  const Reflection& r = *m.GetReflection();
  const int i = slot.index;
  const bool one = i < 0;
  switch (f->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING: {
      std::string scratch;
      std::string text = TextOf(slot, scratch);
      if (f->type() == FieldDescriptor::TYPE_BYTES) {
        return SqlBlob{std::move(text)};
      }
      return text;
    }
    case FieldDescriptor::CPPTYPE_BOOL:
      return int64_t{one ? r.GetBool(m, f) : r.GetRepeatedBool(m, f, i)};
    case FieldDescriptor::CPPTYPE_ENUM:
      return int64_t{one ? r.GetEnumValue(m, f)
                         : r.GetRepeatedEnumValue(m, f, i)};
    case FieldDescriptor::CPPTYPE_INT32:
      return int64_t{one ? r.GetInt32(m, f) : r.GetRepeatedInt32(m, f, i)};
    case FieldDescriptor::CPPTYPE_INT64:
      return one ? r.GetInt64(m, f) : r.GetRepeatedInt64(m, f, i);
    case FieldDescriptor::CPPTYPE_UINT32:
      return int64_t{one ? r.GetUInt32(m, f) : r.GetRepeatedUInt32(m, f, i)};
    case FieldDescriptor::CPPTYPE_UINT64:
      return static_cast<int64_t>(one ? r.GetUInt64(m, f)
                                      : r.GetRepeatedUInt64(m, f, i));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return FloatValue(one ? r.GetFloat(m, f) : r.GetRepeatedFloat(m, f, i));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return FloatValue(one ? r.GetDouble(m, f) : r.GetRepeatedDouble(m, f, i));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
  }
  const ValueKind kind = KindOf(slot.field);
  if (f->is_map() ||
      (kind != ValueKind::kTimestamp && kind != ValueKind::kDuration)) {
    return std::monostate();
  }
  return MicrosOf(MessageOf(slot));
}

bool IsSet(const FieldSlot& slot) {
  if (slot.field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) return true;
  const SqlValue value = ValueOf(slot);
  if (std::holds_alternative<std::monostate>(value)) return false;
  if (slot.in_collection || slot.field.has_presence()) return true;
  return value != SqlValue(int64_t{0}) && value != SqlValue(0.0) &&
         value != SqlValue(std::string()) && value != SqlValue(SqlBlob());
}

SqlValue ReadColumn(const Message& root, const FieldPath& path) {
  SqlValue value;
  AnySlot(root, path, [&value](const FieldSlot& slot) {
    value = ValueOf(slot);
    return true;
  });
  return value;
}

Column ColumnFor(const FieldPath& path, absl::string_view name) {
  const ColumnType type = ColumnTypeOf(KindOf(path.field()));
  return {.name = std::string(name),
          .type = type,
          .nullable = path.optional_value() || type == ColumnType::kReal};
}

}  // namespace crm

#include "shared/query/field_value.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "absl/strings/str_cat.h"

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
      return descend({entry, *field.message_type()->map_value(), -1, true});
    }
  }
  return false;
}

}  // namespace

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

}  // namespace crm

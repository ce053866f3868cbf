#include "shared/query/field_path.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "shared/reflect/custom_fields.h"

namespace crm {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

const FieldDescriptor& MapValueField(const FieldDescriptor& map) {
  return *map.message_type()->map_value();
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
    if (step.implied) continue;
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
    if (!step.field->is_map()) continue;
    if (IsCustomFields(*step.field) && step.map_key.has_value()) {
      absl::StrAppend(&text, ".", *step.map_key);
    }
    break;
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
    path.steps.push_back({field, std::nullopt, false});
    type = field->message_type();
  }
  return path;
}

Column ColumnFor(const FieldPath& path, absl::string_view name) {
  if (path.many()) {
    return {.name = std::string(name),
            .type = ColumnType::kInteger,
            .nullable = true,
            .many = true};
  }
  const ColumnType type = ColumnTypeOf(KindOf(path.field()));
  return {.name = std::string(name),
          .type = type,
          .nullable = path.optional_value() || type == ColumnType::kReal};
}

}  // namespace crm

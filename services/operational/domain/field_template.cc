#include "services/operational/domain/field_template.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "crm/api/custom_value.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/type/date.pb.h"
#include "google/type/money.pb.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/query/field_value.h"
#include "shared/reflect/value_text.h"

namespace crm::operational {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;

absl::Status BadTemplate(absl::string_view description) {
  return InvalidArgument("BAD_TEMPLATE", description);
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
      text +=
          ValueText(slot.message, slot.field, -1, AmountText::kWithCurrency);
      return true;
    });
  }
  return text;
}

}  // namespace crm::operational

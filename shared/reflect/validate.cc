#include "shared/reflect/validate.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "crm/api/annotations.pb.h"
#include "google/api/resource.pb.h"
#include "re2/re2.h"
#include "shared/reflect/custom_fields.h"
#include "shared/reflect/resource_schema.h"
#include "shared/reflect/value_rules.h"

namespace crm {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::Reflection;

std::string Join(absl::string_view prefix, absl::string_view name) {
  return prefix.empty() ? std::string(name) : absl::StrCat(prefix, ".", name);
}

int64_t NumberAt(const Message& message, const FieldDescriptor* field) {
  const Reflection* reflection = message.GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection->GetInt32(message, field);
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection->GetInt64(message, field);
    case FieldDescriptor::CPPTYPE_UINT32:
      return reflection->GetUInt32(message, field);
    case FieldDescriptor::CPPTYPE_UINT64:
      return static_cast<int64_t>(reflection->GetUInt64(message, field));
    default:
      return 0;
  }
}

}  // namespace

// Where a value is. Spelt out only if something is wrong with it.
struct Validator::Place {
  const Place* above = nullptr;
  absl::string_view name;
  // Of an item in a list.
  int index = -1;

  std::string Path() const {
    const std::string path =
        above == nullptr ? std::string(name) : Join(above->Path(), name);
    return index < 0 ? path : absl::StrCat(path, "[", index, "]");
  }
};

// The rules of one field.
struct Validator::FieldPlan {
  const FieldDescriptor* field = nullptr;
  bool required = false;
  bool name = false;
  int max_length = kDefaultMaxLength;
  int max_items = kDefaultMaxItems;
  std::optional<std::pair<int64_t, int64_t>> range;
  std::unique_ptr<RE2> pattern;
  std::string pattern_text;

  // Returns what is wrong with a value of a string or bytes field.
  std::string CheckString(const std::string& value) const {
    if (field->type() == FieldDescriptor::TYPE_BYTES) {
      return value.size() <= static_cast<size_t>(max_length)
                 ? ""
                 : absl::StrCat("must have at most ", max_length, " bytes.");
    }
    if (std::string problem = CheckText(value, max_length); !problem.empty()) {
      return problem;
    }
    if (value.empty()) return "";
    if (name) return CheckName(value);
    if (pattern != nullptr && !RE2::FullMatch(value, *pattern)) {
      return absl::StrCat("must match '", pattern_text, "'.");
    }
    return "";
  }

  std::string CheckEnum(int number) const {
    if (field->enum_type()->FindValueByNumber(number) != nullptr) return "";
    return absl::StrCat("has the unknown value ", number, ".");
  }
};

struct Validator::Plan {
  std::vector<FieldPlan> fields;
};

Validator::Validator() = default;
Validator::~Validator() = default;

const Validator::Plan& Validator::PlanOf(const Descriptor* descriptor) const {
  std::lock_guard lock(mutex_);
  std::unique_ptr<Plan>& plan = plans_[descriptor];
  if (plan != nullptr) return *plan;
  plan = std::make_unique<Plan>();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const FieldDescriptor* field = descriptor->field(i);
    if (ResourceSchema::IsOutputOnly(field)) continue;
    const auto& rule = field->options().GetExtension(crm::api::field);
    FieldPlan out;
    out.field = field;
    out.required = ResourceSchema::IsRequired(field);
    const auto& reference =
        field->options().GetExtension(google::api::resource_reference);
    out.name = !reference.type().empty() && reference.type() != "*";
    if (rule.max_len() > 0) out.max_length = rule.max_len();
    // Keys of maps have no options of their own.
    if (descriptor->options().map_entry() && field->number() == 1) {
      out.max_length = kMaxMapKeyLength;
    }
    if (rule.max_items() > 0) out.max_items = rule.max_items();
    if (IsCustomFields(*field)) out.max_items = kMaxCustomFields;
    if (rule.ranged()) out.range.emplace(rule.min_value(), rule.max_value());
    if (!rule.pattern().empty()) {
      out.pattern = std::make_unique<RE2>(rule.pattern(), RE2::Quiet);
      out.pattern_text = rule.pattern();
    }
    plan->fields.push_back(std::move(out));
  }
  return *plan;
}

std::vector<FieldViolation> Validator::Check(
    const Message& message, absl::string_view prefix,
    const ValidateOptions& options) const {
  std::vector<FieldViolation> violations;
  CheckMessage(message, Place{.name = prefix}, options, violations);
  if (violations.size() > kMaxViolations) violations.resize(kMaxViolations);
  return violations;
}

// Custom fields are known by their keys, not by their places in the map.
void Validator::CheckCustomValue(
    const Message& entry, const Place& map, const ValidateOptions& options,
    std::vector<FieldViolation>& violations) const {
  const Descriptor* type = entry.GetDescriptor();
  const std::string key =
      entry.GetReflection()->GetString(entry, type->map_key());
  const Message& value =
      entry.GetReflection()->GetMessage(entry, type->map_value());
  if (IsCustomKey(key)) {
    CheckMessage(value, Place{.above = &map, .name = key}, options, violations);
    return;
  }
  violations.push_back(
      {map.Path(),
       "has a key that is not a lower-case letter, then at most 62 "
       "lower-case letters, digits and underscores."});
  CheckMessage(value, map, options, violations);
}

void Validator::CheckMessage(const Message& message, const Place& at,
                             const ValidateOptions& options,
                             std::vector<FieldViolation>& violations) const {
  const bool partial = message.GetDescriptor() == options.partial_type;
  const Reflection* reflection = message.GetReflection();
  std::string scratch;
  for (const FieldPlan& plan : PlanOf(message.GetDescriptor()).fields) {
    if (violations.size() > kMaxViolations) return;
    const FieldDescriptor* field = plan.field;
    const bool repeated = field->is_repeated();
    Place place = {.above = &at, .name = field->name()};
    const auto report = [&](std::string problem) {
      if (problem.empty()) return;
      violations.push_back({place.Path(), std::move(problem)});
    };
    const int count = repeated ? reflection->FieldSize(message, field)
                               : int{reflection->HasField(message, field)};
    if (count == 0) {
      if (plan.required && !partial) report("is required.");
      if (plan.range.has_value() && !plan.required && !partial &&
          !field->has_presence() && !repeated && plan.range->first > 0) {
        report(absl::StrCat("must be at least ", plan.range->first, "."));
      }
      continue;
    }
    if (repeated && count > plan.max_items) {
      report(absl::StrCat("must have at most ", plan.max_items, " items, not ",
                          count, "."));
      continue;
    }
    for (int i = 0; i < count; ++i) {
      if (repeated) place.index = i;
      switch (field->cpp_type()) {
        case FieldDescriptor::CPPTYPE_STRING:
          report(plan.CheckString(
              repeated
                  ? reflection->GetRepeatedStringReference(message, field, i,
                                                           &scratch)
                  : reflection->GetStringReference(message, field, &scratch)));
          break;
        case FieldDescriptor::CPPTYPE_ENUM:
          report(plan.CheckEnum(
              repeated ? reflection->GetRepeatedEnumValue(message, field, i)
                       : reflection->GetEnumValue(message, field)));
          break;
        case FieldDescriptor::CPPTYPE_MESSAGE: {
          if (field == options.unchecked) break;
          if (IsCustomFields(*field)) {
            CheckCustomValue(reflection->GetRepeatedMessage(message, field, i),
                             Place{.above = &at, .name = field->name()},
                             options, violations);
            break;
          }
          const Message& child =
              repeated ? reflection->GetRepeatedMessage(message, field, i)
                       : reflection->GetMessage(message, field);
          report(CheckWellKnown(child));
          CheckMessage(child, place, options, violations);
          break;
        }
        default:
          if (plan.range.has_value() && !repeated) {
            const int64_t number = NumberAt(message, field);
            if (number < plan.range->first || number > plan.range->second) {
              report(absl::StrCat("must be between ", plan.range->first,
                                  " and ", plan.range->second, "."));
            }
          }
          break;
      }
    }
  }
}

}  // namespace crm

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

std::string Join(const std::string& prefix, const std::string& name) {
  return prefix.empty() ? name : absl::StrCat(prefix, ".", name);
}

bool IsPopulated(const Message& message, const FieldDescriptor* field) {
  return field->is_repeated()
             ? message.GetReflection()->FieldSize(message, field) > 0
             : message.GetReflection()->HasField(message, field);
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
  CheckMessage(message, std::string(prefix), options, violations);
  if (violations.size() > kMaxViolations) violations.resize(kMaxViolations);
  return violations;
}

// Custom fields are known by their keys, not by their places in the map.
void Validator::CheckCustomValue(
    const Message& entry, const std::string& path,
    const ValidateOptions& options,
    std::vector<FieldViolation>& violations) const {
  const Descriptor* type = entry.GetDescriptor();
  const std::string key =
      entry.GetReflection()->GetString(entry, type->map_key());
  const std::string where = IsCustomKey(key) ? Join(path, key) : path;
  if (where == path) {
    violations.push_back(
        {path,
         "has a key that is not a lower-case letter, then at most 62 "
         "lower-case letters, digits and underscores."});
  }
  CheckMessage(entry.GetReflection()->GetMessage(entry, type->map_value()),
               where, options, violations);
}

void Validator::CheckMessage(const Message& message, const std::string& prefix,
                             const ValidateOptions& options,
                             std::vector<FieldViolation>& violations) const {
  const bool partial = message.GetDescriptor() == options.partial_type;
  const Reflection* reflection = message.GetReflection();
  for (const FieldPlan& plan : PlanOf(message.GetDescriptor()).fields) {
    if (violations.size() > kMaxViolations) return;
    const FieldDescriptor* field = plan.field;
    const std::string path = Join(prefix, field->name());
    const auto report = [&](const std::string& where, std::string problem) {
      if (!problem.empty()) violations.push_back({where, std::move(problem)});
    };
    if (!IsPopulated(message, field)) {
      if (plan.required && !partial) report(path, "is required.");
      if (plan.range.has_value() && !plan.required && !partial &&
          !field->has_presence() && !field->is_repeated() &&
          plan.range->first > 0) {
        report(path, absl::StrCat("must be at least ", plan.range->first, "."));
      }
      continue;
    }
    const int count =
        field->is_repeated() ? reflection->FieldSize(message, field) : 1;
    if (field->is_repeated() && count > plan.max_items) {
      report(path, absl::StrCat("must have at most ", plan.max_items,
                                " items, not ", count, "."));
      continue;
    }
    for (int i = 0; i < count; ++i) {
      const bool repeated = field->is_repeated();
      const std::string where =
          repeated ? absl::StrCat(path, "[", i, "]") : path;
      switch (field->cpp_type()) {
        case FieldDescriptor::CPPTYPE_STRING:
          report(where,
                 plan.CheckString(
                     repeated ? reflection->GetRepeatedString(message, field, i)
                              : reflection->GetString(message, field)));
          break;
        case FieldDescriptor::CPPTYPE_ENUM:
          report(
              where,
              plan.CheckEnum(
                  repeated ? reflection->GetRepeatedEnumValue(message, field, i)
                           : reflection->GetEnumValue(message, field)));
          break;
        case FieldDescriptor::CPPTYPE_MESSAGE: {
          if (field == options.unchecked) break;
          if (IsCustomFields(*field)) {
            CheckCustomValue(reflection->GetRepeatedMessage(message, field, i),
                             path, options, violations);
            break;
          }
          const Message& child =
              repeated ? reflection->GetRepeatedMessage(message, field, i)
                       : reflection->GetMessage(message, field);
          report(where, CheckWellKnown(child));
          CheckMessage(child, where, options, violations);
          break;
        }
        default:
          if (plan.range.has_value() && !repeated) {
            const int64_t number = NumberAt(message, field);
            if (number < plan.range->first || number > plan.range->second) {
              report(where, absl::StrCat("must be between ", plan.range->first,
                                         " and ", plan.range->second, "."));
            }
          }
          break;
      }
    }
  }
}

}  // namespace crm

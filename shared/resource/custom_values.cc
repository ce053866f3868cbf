#include "shared/resource/custom_values.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/reflect/custom_fields.h"

namespace crm {
namespace {

using ::crm::api::CustomValue;
using ::crm::operational::v1::FieldDefinition;
using ::google::protobuf::Message;

// Returns what is wrong with `value` under `key`.
std::string Problem(const CustomType* type, const std::string& key,
                    const CustomValue& value) {
  const CustomField* field = type == nullptr ? nullptr : type->Find(key);
  if (field == nullptr) return "is not a field that is defined and active.";
  if (field->definition().state() != FieldDefinition::ACTIVE) {
    return "is deprecated and is not written any more.";
  }
  std::string problem = field->rules.Check(value);
  if (problem.empty() && field->keeps_index &&
      value.value_case() == CustomValue::kStringValue &&
      value.string_value().size() > kMaxIndexedBytes) {
    problem = absl::StrCat("must have at most ", kMaxIndexedBytes,
                           " bytes, since the field has an index.");
  }
  return problem;
}

// Gives `values` what fields without a value get.
void AddDefaults(const CustomType& type, bool create, CustomValues& values) {
  for (const auto& [key, field] : type.fields) {
    const FieldDefinition& definition = field->definition();
    const bool due = definition.state() == FieldDefinition::ACTIVE &&
                     definition.has_default_value() &&
                     (create || definition.required());
    if (due) values.emplace(key, definition.default_value());
  }
}

void CheckRequired(const CustomType& type, const CustomValues& values,
                   const std::string& prefix,
                   std::vector<FieldViolation>& violations) {
  for (const auto& [key, field] : type.fields) {
    const FieldDefinition& definition = field->definition();
    if (definition.state() == FieldDefinition::ACTIVE &&
        definition.required() && !values.contains(key)) {
      violations.push_back({absl::StrCat(prefix, key), "is required."});
    }
  }
}

}  // namespace

std::vector<CustomReference> CheckCustomValues(
    const CustomType* type, CustomWrite& write,
    std::vector<FieldViolation>& violations) {
  CustomValues now = ReadCustomValues(write.after);
  if (type == nullptr && now.empty()) return {};
  CustomValues before;
  if (write.before != nullptr) before = ReadCustomValues(*write.before);
  if (type != nullptr) {
    const size_t given = now.size();
    const size_t removed = std::erase_if(now, [&](const auto& entry) {
      const auto field = type->fields.find(entry.first);
      return field != type->fields.end() && field->second->removed() &&
             before.contains(entry.first);
    });
    AddDefaults(*type, write.before == nullptr, now);
    if (removed > 0 || now.size() != given) {
      WriteCustomValues(now, write.after);
    }
    if (write.own) CheckRequired(*type, now, write.prefix, violations);
  }
  std::vector<CustomReference> references;
  for (const std::string& key : ChangedKeys(before, now)) {
    const auto value = now.find(key);
    if (value == now.end()) continue;
    std::string problem = Problem(type, key, value->second);
    if (!problem.empty()) {
      violations.push_back(
          {absl::StrCat(write.prefix, key), std::move(problem)});
    } else if (value->second.value_case() == CustomValue::kReferenceValue) {
      references.push_back({absl::StrCat(write.prefix, key),
                            type->Find(key)->definition().reference_type(),
                            value->second.reference_value()});
    }
  }
  return references;
}

void CheckCustomRules(const CustomType& type, const Message& message,
                      const std::string& prefix,
                      std::vector<FieldViolation>& violations) {
  for (const CustomRule& rule : type.rules) {
    if (!rule.refuse_when.Matches(message)) continue;
    violations.push_back(
        {rule.field.empty() ? prefix : absl::StrCat(prefix, ".", rule.field),
         rule.message});
  }
}

bool HideRemovedValues(const CustomType& type, Message& message) {
  if (!type.hides) return false;
  CustomValues values = ReadCustomValues(message);
  const size_t removed = std::erase_if(values, [&](const auto& entry) {
    const auto field = type.fields.find(entry.first);
    return field != type.fields.end() && field->second->removed();
  });
  if (removed > 0) WriteCustomValues(values, message);
  return removed > 0;
}

}  // namespace crm

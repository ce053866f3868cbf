#include "shared/reflect/custom_value_rules.h"

#include <cmath>
#include <optional>

#include "absl/strings/str_cat.h"
#include "re2/re2.h"
#include "shared/reflect/custom_fields.h"
#include "shared/reflect/value_rules.h"

namespace crm {
namespace {

using ::crm::api::CustomValue;
using ::crm::operational::v1::FieldDefinition;
using ::google::protobuf::FieldDescriptor;

std::unique_ptr<RE2> Compile(const std::string& pattern) {
  RE2::Options options(RE2::Quiet);
  options.set_max_mem(kMaxPatternMemory);
  return std::make_unique<RE2>(pattern, options);
}

bool HasOptions(const FieldDefinition& definition) {
  return definition.type() == FieldDefinition::OPTION ||
         definition.type() == FieldDefinition::OPTIONS;
}

bool IsNumeric(const FieldDefinition& definition) {
  return definition.type() == FieldDefinition::INTEGER ||
         definition.type() == FieldDefinition::NUMBER;
}

// Whether values of the type have one place in an order.
bool HasOrder(const FieldDefinition& definition) {
  return definition.type() != FieldDefinition::MONEY &&
         definition.type() != FieldDefinition::OPTIONS;
}

std::string WrongType(const FieldDescriptor* member) {
  return absl::StrCat("must be given as '", member->name(), "'.");
}

void CheckOptionList(const FieldDefinition& definition,
                     std::vector<FieldViolation>& violations) {
  std::set<std::string> ids;
  for (int i = 0; i < definition.options_size(); ++i) {
    if (!ids.insert(definition.options(i).id()).second) {
      violations.push_back(
          {absl::StrCat("field_definition.options[", i, "].id"),
           "stands in the list twice."});
    }
  }
  if (HasOptions(definition) != (definition.options_size() > 0)) {
    violations.push_back({"field_definition.options",
                          "are needed with the types OPTION and OPTIONS, and "
                          "go with no other."});
  }
}

void CheckBounds(const FieldDefinition& definition,
                 std::vector<FieldViolation>& violations) {
  const std::optional<double> least =
      definition.has_min_value() ? std::optional(definition.min_value())
                                 : std::nullopt;
  const std::optional<double> most = definition.has_max_value()
                                         ? std::optional(definition.max_value())
                                         : std::nullopt;
  const bool finite =
      std::isfinite(least.value_or(0)) && std::isfinite(most.value_or(0));
  const bool given = least.has_value() || most.has_value();
  if (given && (!IsNumeric(definition) || !finite)) {
    violations.push_back({least.has_value() ? "field_definition.min_value"
                                            : "field_definition.max_value",
                          "goes with the types INTEGER and NUMBER, and must be "
                          "finite."});
  } else if (least.has_value() && most.has_value() && *least > *most) {
    violations.push_back(
        {"field_definition.max_value", "must not be less than 'min_value'."});
  }
}

void CheckTextRules(const FieldDefinition& definition,
                    std::vector<FieldViolation>& violations) {
  const bool text = definition.type() == FieldDefinition::TEXT;
  if (definition.max_length() != 0 && !text) {
    violations.push_back(
        {"field_definition.max_length", "goes with the type TEXT."});
  }
  if (definition.pattern().empty()) return;
  if (!text) {
    violations.push_back(
        {"field_definition.pattern", "goes with the type TEXT."});
  } else if (!Compile(definition.pattern())->ok()) {
    violations.push_back({"field_definition.pattern",
                          "is no RE2 pattern, or a too costly one."});
  }
}

void CheckIndex(const FieldDefinition& definition,
                std::vector<FieldViolation>& violations) {
  const bool unique_type =
      HasOrder(definition) && definition.type() != FieldDefinition::BOOLEAN;
  if (definition.indexed() && !HasOrder(definition)) {
    violations.push_back(
        {"field_definition.indexed",
         "is not possible with the types MONEY, since amounts of several "
         "currencies have no order, and OPTIONS, since a row has several of "
         "them. Filters work without."});
  }
  if (definition.unique() && !unique_type) {
    violations.push_back({"field_definition.unique",
                          "is not possible with the types MONEY, OPTIONS and "
                          "BOOLEAN."});
  }
  if (definition.searchable() && definition.type() != FieldDefinition::TEXT) {
    violations.push_back({"field_definition.searchable",
                          "is possible with the type TEXT only."});
  }
  if ((definition.indexed() || definition.unique()) &&
      definition.type() == FieldDefinition::TEXT &&
      (definition.max_length() == 0 ||
       definition.max_length() > kMaxIndexedCharacters)) {
    violations.push_back(
        {"field_definition.max_length",
         absl::StrCat("must be from 1 to ", kMaxIndexedCharacters,
                      " where the field is indexed or unique.")});
  }
}

}  // namespace

// The numbers of the types are those of the members.
const FieldDescriptor* CustomMember(FieldDefinition::Type type) {
  return CustomValue::descriptor()->FindFieldByNumber(type);
}

CustomValueRules::CustomValueRules(const FieldDefinition& definition)
    : definition_(definition), member_(CustomMember(definition.type())) {
  for (const auto& option : definition_.options()) options_.insert(option.id());
  if (!definition_.pattern().empty()) {
    pattern_ = Compile(definition_.pattern());
  }
}

CustomValueRules::~CustomValueRules() = default;

std::string CustomValueRules::Check(const CustomValue& value) const {
  if (member_ == nullptr || !value.GetReflection()->HasField(value, member_)) {
    return member_ == nullptr ? "has no type." : WrongType(member_);
  }
  if (value.ByteSizeLong() > kMaxCustomValueBytes + 8) {
    return absl::StrCat("must have at most ", kMaxCustomValueBytes, " bytes.");
  }
  switch (value.value_case()) {
    case CustomValue::kStringValue:
      return CheckText(value.string_value());
    case CustomValue::kIntValue:
      return CheckNumber(static_cast<double>(value.int_value()));
    case CustomValue::kDoubleValue:
      return CheckNumber(value.double_value());
    case CustomValue::kDateValue:
      return IsIsoDay(value.date_value())
                 ? ""
                 : "must be a day of the calendar, as '2026-05-31'.";
    case CustomValue::kOptionValue:
      return options_.contains(value.option_value())
                 ? ""
                 : "must be one of the field's options.";
    case CustomValue::kOptionsValue:
      return CheckOptions(value.options_value());
    case CustomValue::kReferenceValue:
      return value.reference_value().empty()
                 ? "must not be empty; leave the key out instead."
                 : CheckName(value.reference_value());
    case CustomValue::kTimeValue:
    case CustomValue::kMoneyValue:
      return CheckWellKnown(value.GetReflection()->GetMessage(value, member_));
    case CustomValue::kBoolValue:
    case CustomValue::VALUE_NOT_SET:
      return "";
  }
  return "";
}

std::string CustomValueRules::CheckText(const std::string& text) const {
  if (text.empty()) return "must not be empty; leave the key out instead.";
  if (text.size() > kMaxCustomValueBytes) {
    return absl::StrCat("must have at most ", kMaxCustomValueBytes, " bytes.");
  }
  if (definition_.max_length() > 0) {
    std::string problem = crm::CheckText(text, definition_.max_length());
    if (!problem.empty()) return problem;
  }
  if (pattern_ != nullptr && !RE2::FullMatch(text, *pattern_)) {
    return absl::StrCat("must match '", definition_.pattern(), "'.");
  }
  return "";
}

std::string CustomValueRules::CheckNumber(double number) const {
  if (!std::isfinite(number)) return "must be finite.";
  if (definition_.has_min_value() && number < definition_.min_value()) {
    return absl::StrCat("must be at least ", definition_.min_value(), ".");
  }
  if (definition_.has_max_value() && number > definition_.max_value()) {
    return absl::StrCat("must be at most ", definition_.max_value(), ".");
  }
  return "";
}

std::string CustomValueRules::CheckOptions(
    const crm::api::OptionSet& set) const {
  std::set<std::string> seen;
  for (const std::string& option : set.options()) {
    if (!options_.contains(option)) {
      return "must hold options of the field only.";
    }
    if (!seen.insert(option).second) return "must hold each option once.";
  }
  return "";
}

std::vector<FieldViolation> CheckFieldDefinition(
    const FieldDefinition& definition) {
  std::vector<FieldViolation> violations;
  CheckOptionList(definition, violations);
  CheckBounds(definition, violations);
  CheckTextRules(definition, violations);
  CheckIndex(definition, violations);
  const bool refers = definition.type() == FieldDefinition::REFERENCE;
  if (refers != !definition.reference_type().empty()) {
    violations.push_back({"field_definition.reference_type",
                          "is needed with the type REFERENCE, and goes with no "
                          "other."});
  }
  if (definition.has_default_value() && definition.unique()) {
    violations.push_back({"field_definition.default_value",
                          "cannot be given where values are unique."});
  }
  if (!violations.empty() || !definition.has_default_value()) {
    return violations;
  }
  std::string problem =
      CustomValueRules(definition).Check(definition.default_value());
  if (!problem.empty()) {
    violations.push_back(
        {"field_definition.default_value", std::move(problem)});
  }
  return violations;
}

}  // namespace crm

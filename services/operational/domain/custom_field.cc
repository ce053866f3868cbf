#include "services/operational/domain/custom_field.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/query/field_path.h"
#include "shared/query/filter.h"
#include "shared/reflect/custom_value_rules.h"

namespace crm::operational {
namespace {

using ::google::protobuf::Descriptor;

// The message of a type, null if its resources have no custom fields.
const Descriptor* TypeWithFields(const RuleContext& context,
                                 const std::string& type) {
  const Descriptor* message =
      context.find_type ? context.find_type(type) : nullptr;
  return message == nullptr || CustomFieldsOf(*message) == nullptr ? nullptr
                                                                   : message;
}

bool InUse(const v1::FieldDefinition& definition) {
  return definition.state() == v1::FieldDefinition::ACTIVE ||
         definition.state() == v1::FieldDefinition::DEPRECATED;
}

bool WantsIndex(const v1::FieldDefinition& definition) {
  return InUse(definition) && (definition.indexed() || definition.unique());
}

// Says what becomes of the index of `after`.
void StepIndex(const v1::FieldDefinition* before, v1::FieldDefinition& after) {
  if (!WantsIndex(after)) {
    after.set_index_state(v1::FieldDefinition::INDEX_STATE_UNSPECIFIED);
    after.set_conflict_count(0);
    return;
  }
  const bool kept = before != nullptr && WantsIndex(*before) &&
                    before->indexed() == after.indexed() &&
                    before->unique() == after.unique();
  if (kept) return;
  // A verb has begun to build it already.
  if (before != nullptr && after.index_revision() != before->index_revision()) {
    return;
  }
  after.set_index_state(v1::FieldDefinition::BUILDING);
  after.set_index_revision(after.index_revision() + 1);
  after.set_conflict_count(0);
}

absl::Status StateError(absl::string_view reason, absl::string_view name,
                        absl::string_view what) {
  return FailedPrecondition(reason, absl::StrCat("'", name, "' ", what),
                            std::string(name));
}

}  // namespace

absl::Status PrepareFieldDefinition(const v1::FieldDefinition* before,
                                    v1::FieldDefinition& after,
                                    const RuleContext& context) {
  std::vector<FieldViolation> violations = CheckFieldDefinition(after);
  if (before == nullptr) {
    after.set_state(v1::FieldDefinition::DRAFT);
    after.set_full_key(absl::StrCat(after.resource_type(), ".", after.key()));
    if (TypeWithFields(context, after.resource_type()) == nullptr) {
      violations.push_back({"field_definition.resource_type",
                            "must be a resource type that has custom fields, "
                            "as 'crm/Lead'."});
    }
    if (!after.reference_type().empty() &&
        (!context.find_type ||
         context.find_type(after.reference_type()) == nullptr)) {
      violations.push_back({"field_definition.reference_type",
                            "must be a resource type, as 'crm/Account'."});
    }
  }
  if (!violations.empty()) return BadRequest(violations);
  StepIndex(before, after);
  return absl::OkStatus();
}

absl::Status CheckDeletable(const v1::FieldDefinition& definition) {
  if (definition.state() == v1::FieldDefinition::DRAFT) return absl::OkStatus();
  return StateError("FIELD_IN_USE", definition.name(),
                    "is no draft any more. Deprecate it, then remove it.");
}

absl::StatusOr<v1::FieldDefinition> ActivateField(
    v1::FieldDefinition definition, const FieldCounts& counts) {
  if (definition.state() == v1::FieldDefinition::ACTIVE) {
    return StateError("FIELD_ACTIVE", definition.name(), "is active already.");
  }
  if (definition.state() == v1::FieldDefinition::REMOVED) {
    return StateError("FIELD_REMOVED", definition.name(),
                      "is removed for good. Define another field.");
  }
  if (counts.active >= kMaxActiveFields) {
    return ResourceExhausted(
        "TOO_MANY_FIELDS",
        absl::StrCat("'", definition.resource_type(), "' has ",
                     kMaxActiveFields,
                     " active fields, which is the most. Deprecate one."));
  }
  const bool is_draft = definition.state() == v1::FieldDefinition::DRAFT;
  if (is_draft && counts.beyond_draft >= kMaxFieldsEver) {
    return ResourceExhausted(
        "TOO_MANY_FIELDS",
        absl::StrCat("'", definition.resource_type(), "' has had ",
                     kMaxFieldsEver, " fields, which is the most."));
  }
  definition.set_state(v1::FieldDefinition::ACTIVE);
  if (is_draft && WantsIndex(definition)) {
    definition.set_index_state(v1::FieldDefinition::BUILDING);
    definition.set_index_revision(definition.index_revision() + 1);
  }
  return definition;
}

absl::StatusOr<v1::FieldDefinition> DeprecateField(
    v1::FieldDefinition definition) {
  if (definition.state() != v1::FieldDefinition::ACTIVE) {
    return StateError("FIELD_NOT_ACTIVE", definition.name(),
                      "is not active, so it cannot be deprecated.");
  }
  definition.set_state(v1::FieldDefinition::DEPRECATED);
  return definition;
}

absl::StatusOr<v1::FieldDefinition> RemoveField(
    v1::FieldDefinition definition) {
  if (definition.state() != v1::FieldDefinition::DEPRECATED) {
    return StateError("FIELD_NOT_DEPRECATED", definition.name(),
                      "is not deprecated. Deprecate it first.");
  }
  definition.set_state(v1::FieldDefinition::REMOVED);
  return definition;
}

absl::Status PrepareValidationRule(const v1::ValidationRule* before,
                                   v1::ValidationRule& after,
                                   const RuleContext& context) {
  if (before == nullptr) after.set_state(v1::ValidationRule::DRAFT);
  const Descriptor* message = TypeWithFields(context, after.resource_type());
  if (message == nullptr) {
    return BadField("validation_rule.resource_type",
                    "must be a resource type that has custom fields, as "
                    "'crm/Lead'.");
  }
  std::vector<FieldViolation> violations;
  const auto filter =
      Filter::Parse(after.refuse_when(), message, "validation_rule.refuse_when",
                    {}, context.find_custom_field);
  for (FieldViolation& violation : FieldViolations(filter.status())) {
    violations.push_back(std::move(violation));
  }
  if (filter.ok() && filter->empty()) {
    violations.push_back({"validation_rule.refuse_when", "is required."});
  }
  if (!after.field().empty() &&
      !FindFieldPath(*message, after.field()).has_value()) {
    violations.push_back(
        {"validation_rule.field", "must be a field of the resource type."});
  }
  return violations.empty() ? absl::OkStatus() : BadRequest(violations);
}

absl::StatusOr<v1::ValidationRule> EnableRule(v1::ValidationRule rule,
                                              int enabled) {
  if (rule.state() == v1::ValidationRule::ENABLED) {
    return StateError("RULE_ENABLED", rule.name(), "is enabled already.");
  }
  if (enabled >= kMaxEnabledRules) {
    return ResourceExhausted(
        "TOO_MANY_RULES",
        absl::StrCat("'", rule.resource_type(), "' has ", kMaxEnabledRules,
                     " enabled rules, which is the most. Disable one."));
  }
  rule.set_state(v1::ValidationRule::ENABLED);
  return rule;
}

absl::StatusOr<v1::ValidationRule> DisableRule(v1::ValidationRule rule) {
  if (rule.state() != v1::ValidationRule::ENABLED) {
    return StateError("RULE_NOT_ENABLED", rule.name(),
                      "is not enabled, so it cannot be disabled.");
  }
  rule.set_state(v1::ValidationRule::DISABLED);
  return rule;
}

}  // namespace crm::operational

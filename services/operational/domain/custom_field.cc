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

}  // namespace

absl::Status PrepareFieldDefinition(const v1::FieldDefinition* before,
                                    v1::FieldDefinition& after,
                                    const RuleContext& context) {
  std::vector<FieldViolation> violations = CheckFieldDefinition(after);
  if (before == nullptr) {
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

absl::Status CheckFieldDeletable(const v1::FieldDefinition& definition) {
  if (definition.state() == v1::FieldDefinition::DRAFT) return absl::OkStatus();
  return FailedPrecondition(
      "FIELD_IN_USE",
      absl::StrCat("'", definition.name(),
                   "' is no draft any more. Deprecate it, then remove it."),
      definition.name());
}

absl::Status CheckFieldCounts(const v1::FieldDefinition& definition,
                              bool was_draft, const FieldCounts& counts) {
  if (counts.active >= kMaxActiveFields) {
    return ResourceExhausted(
        "TOO_MANY_FIELDS",
        absl::StrCat("'", definition.resource_type(), "' has ",
                     kMaxActiveFields,
                     " active fields, which is the most. Deprecate one."));
  }
  if (was_draft && counts.beyond_draft >= kMaxFieldsEver) {
    return ResourceExhausted(
        "TOO_MANY_FIELDS",
        absl::StrCat("'", definition.resource_type(), "' has had ",
                     kMaxFieldsEver, " fields, which is the most."));
  }
  return absl::OkStatus();
}

void BeginIndex(v1::FieldDefinition& definition) {
  if (!WantsIndex(definition)) return;
  definition.set_index_state(v1::FieldDefinition::BUILDING);
  definition.set_index_revision(definition.index_revision() + 1);
}

absl::Status PrepareValidationRule(const v1::ValidationRule* /*before*/,
                                   v1::ValidationRule& after,
                                   const RuleContext& context) {
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

absl::Status CheckRuleCount(const v1::ValidationRule& rule, int enabled) {
  if (enabled < kMaxEnabledRules) return absl::OkStatus();
  return ResourceExhausted(
      "TOO_MANY_RULES",
      absl::StrCat("'", rule.resource_type(), "' has ", kMaxEnabledRules,
                   " enabled rules, which is the most. Disable one."));
}

}  // namespace crm::operational

#include "services/operational/domain/custom_field.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/object.pb.h"
#include "crm/operational/v1/object_type.pb.h"
#include "shared/base/errors.h"
#include "shared/query/field_path.h"
#include "shared/query/filter.h"
#include "shared/reflect/custom_value_rules.h"

namespace crm::operational {
namespace {

using ::google::protobuf::Descriptor;

constexpr char kKindWanted[] =
    "must be a resource type that has custom fields, as 'crm/Lead', or an "
    "object type that exists, as 'objectTypes/vehicles'.";

// What fields of `name` are of; without a message if there is no such kind.
CustomKind FindKind(const RuleContext& context, const std::string& name) {
  CustomKind kind =
      context.find_custom_kind ? context.find_custom_kind(name) : CustomKind();
  if (kind.message == v1::Object::descriptor() &&
      context.Find<v1::ObjectType>(name) == nullptr) {
    kind.message = nullptr;
  }
  return kind;
}

bool CanBeReferredTo(const RuleContext& context, const std::string& type) {
  if (context.find_type && context.find_type(type) != nullptr) return true;
  return FindKind(context, type).message == v1::Object::descriptor();
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
    if (FindKind(context, after.resource_type()).message == nullptr) {
      violations.push_back({"field_definition.resource_type", kKindWanted});
    }
    if (!after.reference_type().empty() &&
        !CanBeReferredTo(context, after.reference_type())) {
      violations.push_back({"field_definition.reference_type",
                            "must be a resource type, as 'crm/Account', or an "
                            "object type that exists, as "
                            "'objectTypes/vehicles'."});
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

absl::Status CheckHasDefault(const v1::FieldDefinition& definition) {
  if (definition.state() != v1::FieldDefinition::ACTIVE) {
    return FailedPrecondition(
        "FIELD_NOT_ACTIVE",
        absl::StrCat("'", definition.name(),
                     "' is not in use, so its values are not written."),
        definition.name());
  }
  if (!definition.has_default_value()) {
    return FailedPrecondition(
        "FIELD_WITHOUT_DEFAULT",
        absl::StrCat("'", definition.name(),
                     "' has no default. Give it a 'default_value' first."),
        definition.name());
  }
  return absl::OkStatus();
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
  if (was_draft && counts.of_tenant >= kMaxFieldsOfTenant) {
    return ResourceExhausted(
        "TOO_MANY_FIELDS",
        absl::StrCat("All types together have had ", kMaxFieldsOfTenant,
                     " fields, which is the most."));
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
  const CustomKind kind = FindKind(context, after.resource_type());
  const Descriptor* message = kind.message;
  if (message == nullptr) {
    return BadField("validation_rule.resource_type", kKindWanted);
  }
  std::vector<FieldViolation> violations;
  const auto filter =
      Filter::Parse(after.refuse_when(), message, "validation_rule.refuse_when",
                    {}, kind.find);
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

absl::Status CheckRuleCounts(const v1::ValidationRule& rule,
                             const RuleCounts& counts) {
  if (counts.of_type >= kMaxEnabledRules) {
    return ResourceExhausted(
        "TOO_MANY_RULES",
        absl::StrCat("'", rule.resource_type(), "' has ", kMaxEnabledRules,
                     " enabled rules, which is the most. Disable one."));
  }
  if (counts.of_tenant >= kMaxRulesOfTenant) {
    return ResourceExhausted(
        "TOO_MANY_RULES",
        absl::StrCat("All types together have ", kMaxRulesOfTenant,
                     " enabled rules, which is the most. Disable one."));
  }
  return absl::OkStatus();
}

}  // namespace crm::operational

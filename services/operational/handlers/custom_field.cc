#include "services/operational/handlers/custom_field.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "services/operational/domain/custom_field.h"
#include "shared/query/filter.h"
#include "shared/resource/custom_fill.h"

namespace crm::operational {
namespace {

// Returns how many definitions or rules match `filter`, counting to `most`.
template <typename T>
absl::StatusOr<int> CountAll(const Transaction& transaction,
                             absl::string_view filter, int most) {
  CRM_ASSIGN_OR_RETURN(const Filter parsed,
                       Filter::Parse(filter, T::descriptor()));
  return transaction.view().Count<T>(parsed, most);
}

absl::StatusOr<FieldCounts> CountFields(const Transaction& transaction,
                                        const v1::FieldDefinition& definition) {
  CRM_ASSIGN_OR_RETURN(const auto all,
                       transaction.view().Select<v1::FieldDefinition>(
                           "resource_type", definition.resource_type()));
  FieldCounts counts;
  for (const v1::FieldDefinition& other : all) {
    if (other.state() != v1::FieldDefinition::DRAFT) ++counts.beyond_draft;
    if (other.state() == v1::FieldDefinition::ACTIVE) ++counts.active;
  }
  CRM_ASSIGN_OR_RETURN(counts.of_tenant,
                       CountAll<v1::FieldDefinition>(
                           transaction, "state != DRAFT", kMaxFieldsOfTenant));
  return counts;
}

absl::Status CheckNoRuleNames(const Transaction& transaction,
                              const v1::FieldDefinition& definition) {
  CRM_ASSIGN_OR_RETURN(const auto schema, transaction.custom_schema());
  const CustomType* type = schema->Find(definition.resource_type());
  if (type == nullptr) return absl::OkStatus();
  const std::string path = absl::StrCat("custom_fields.", definition.key());
  for (const CustomRule& rule : type->rules) {
    const auto& paths = rule.refuse_when.field_paths();
    if (std::find(paths.begin(), paths.end(), path) == paths.end()) continue;
    return FailedPrecondition(
        "FIELD_IN_RULE",
        absl::StrCat("'", definition.name(),
                     "' is named by an enabled validation rule, which says '",
                     rule.message, "'. Disable it first."),
        definition.name());
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::FieldDefinition> HandleActivateFieldDefinition(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::ActivateFieldDefinitionRequest& request) {
  CRM_ASSIGN_OR_RETURN(
      v1::FieldDefinition definition,
      transaction.GetLive<v1::FieldDefinition>(request.name(), request.etag()));
  const bool was_draft = definition.state() == v1::FieldDefinition::DRAFT;
  CRM_RETURN_IF_ERROR(transaction.MakeTransition(request, definition));
  CRM_ASSIGN_OR_RETURN(const FieldCounts counts,
                       CountFields(transaction, definition));
  CRM_RETURN_IF_ERROR(CheckFieldCounts(definition, was_draft, counts));
  if (was_draft) BeginIndex(definition);
  if (definition.index_state() == v1::FieldDefinition::BUILDING) {
    CRM_RETURN_IF_ERROR(StartCustomFill(transaction, definition));
  }
  transaction.Update(definition);
  return definition;
}

absl::StatusOr<v1::FieldDefinition> HandleRemoveFieldDefinition(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::RemoveFieldDefinitionRequest& request) {
  CRM_ASSIGN_OR_RETURN(v1::FieldDefinition definition,
                       transaction.Move<v1::FieldDefinition>(request));
  CRM_RETURN_IF_ERROR(CheckNoRuleNames(transaction, definition));
  transaction.Update(definition);
  return definition;
}

absl::StatusOr<v1::ValidationRule> HandleEnableValidationRule(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::EnableValidationRuleRequest& request) {
  CRM_ASSIGN_OR_RETURN(v1::ValidationRule rule,
                       transaction.Move<v1::ValidationRule>(request));
  CRM_ASSIGN_OR_RETURN(const auto others,
                       transaction.view().Select<v1::ValidationRule>(
                           "resource_type", rule.resource_type()));
  RuleCounts counts;
  counts.of_type = static_cast<int>(
      std::count_if(others.begin(), others.end(), [](const auto& other) {
        return other.state() == v1::ValidationRule::ENABLED;
      }));
  CRM_ASSIGN_OR_RETURN(counts.of_tenant,
                       CountAll<v1::ValidationRule>(
                           transaction, "state = ENABLED", kMaxRulesOfTenant));
  CRM_RETURN_IF_ERROR(CheckRuleCounts(rule, counts));
  transaction.Update(rule);
  return rule;
}

}  // namespace crm::operational

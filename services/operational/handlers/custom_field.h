// The custom methods of field definitions and validation rules.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_CUSTOM_FIELD_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_CUSTOM_FIELD_H_

#include "crm/operational/v1/field_definition.pb.h"
#include "crm/operational/v1/field_definition_transitions.pb.h"
#include "crm/operational/v1/validation_rule.pb.h"
#include "crm/operational/v1/validation_rule_transitions.pb.h"
#include "shared/resource/transaction.h"

namespace crm::operational {

// An index is built in the call where few rows are there, else afterwards.
absl::StatusOr<v1::FieldDefinition> HandleActivateFieldDefinition(
    Transaction& transaction, const CallContext& call,
    const v1::ActivateFieldDefinitionRequest& request);

// Returns FAILED_PRECONDITION (FIELD_IN_RULE) while an enabled rule names the
// field.
absl::StatusOr<v1::FieldDefinition> HandleRemoveFieldDefinition(
    Transaction& transaction, const CallContext& call,
    const v1::RemoveFieldDefinitionRequest& request);

absl::StatusOr<v1::ValidationRule> HandleEnableValidationRule(
    Transaction& transaction, const CallContext& call,
    const v1::EnableValidationRuleRequest& request);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_CUSTOM_FIELD_H_

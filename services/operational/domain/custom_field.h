// The rules of field definitions and validation rules, and their states.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_CUSTOM_FIELD_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_CUSTOM_FIELD_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crm/operational/v1/field_definition.pb.h"
#include "crm/operational/v1/validation_rule.pb.h"
#include "shared/reflect/rule_context.h"

namespace crm::operational {

// The most active fields and the most enabled rules of one resource type, and
// the most fields that ever left their draft.
inline constexpr int kMaxActiveFields = kMaxCustomFields;
inline constexpr int kMaxEnabledRules = 100;
inline constexpr int kMaxFieldsEver = 1'000;

// Completes and checks a definition: a new one is DRAFT, and the index of one
// that is in use is built anew where that is needed. Returns INVALID_ARGUMENT
// with all violations.
absl::Status PrepareFieldDefinition(const v1::FieldDefinition* before,
                                    v1::FieldDefinition& after,
                                    const RuleContext& context);

// Returns FAILED_PRECONDITION (FIELD_IN_USE) for a definition that is no draft
// any more: its key is taken for good.
absl::Status CheckDeletable(const v1::FieldDefinition& definition);

// How many definitions of the type there are in these states.
struct FieldCounts {
  int active = 0;
  int beyond_draft = 0;
};

// Returns `definition` as ACTIVE; `counts` are those of the others. Returns
// FAILED_PRECONDITION (FIELD_ACTIVE, FIELD_REMOVED) or RESOURCE_EXHAUSTED
// (TOO_MANY_FIELDS).
absl::StatusOr<v1::FieldDefinition> ActivateField(
    v1::FieldDefinition definition, const FieldCounts& counts);

// Returns `definition` as DEPRECATED. Returns FAILED_PRECONDITION
// (FIELD_NOT_ACTIVE) if it is not ACTIVE.
absl::StatusOr<v1::FieldDefinition> DeprecateField(
    v1::FieldDefinition definition);

// Returns `definition` as REMOVED. Returns FAILED_PRECONDITION
// (FIELD_NOT_DEPRECATED) if it is not DEPRECATED.
absl::StatusOr<v1::FieldDefinition> RemoveField(v1::FieldDefinition definition);

// Completes and checks a rule: a new one is DRAFT, and its expression must fit
// the resource type with the fields that are defined now. Returns
// INVALID_ARGUMENT with all violations.
absl::Status PrepareValidationRule(const v1::ValidationRule* before,
                                   v1::ValidationRule& after,
                                   const RuleContext& context);

// Returns `rule` as ENABLED; `enabled` others of its type are. Returns
// FAILED_PRECONDITION (RULE_ENABLED) or RESOURCE_EXHAUSTED (TOO_MANY_RULES).
absl::StatusOr<v1::ValidationRule> EnableRule(v1::ValidationRule rule,
                                              int enabled);

// Returns `rule` as DISABLED. Returns FAILED_PRECONDITION (RULE_NOT_ENABLED) if
// it is not ENABLED.
absl::StatusOr<v1::ValidationRule> DisableRule(v1::ValidationRule rule);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_CUSTOM_FIELD_H_

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

// The most active fields and the most enabled rules of one resource type or
// object type, and the most fields that ever left their draft.
inline constexpr int kMaxActiveFields = kMaxCustomFields;
inline constexpr int kMaxEnabledRules = 100;
inline constexpr int kMaxFieldsEver = 1'000;
// The same of all types of a tenant, which are read at once.
inline constexpr int kMaxFieldsOfTenant = 8'000;
inline constexpr int kMaxRulesOfTenant = 2'000;

// Completes and checks a definition: the index of one that is in use is built
// anew where that is needed. Returns INVALID_ARGUMENT with all violations.
absl::Status PrepareFieldDefinition(const v1::FieldDefinition* before,
                                    v1::FieldDefinition& after,
                                    const RuleContext& context);

// Returns FAILED_PRECONDITION (FIELD_IN_USE) for a definition that is no draft
// any more: its key is taken for good.
absl::Status CheckFieldDeletable(const v1::FieldDefinition& definition);

// Returns FAILED_PRECONDITION (FIELD_NOT_ACTIVE, FIELD_WITHOUT_DEFAULT) unless
// resources can be given the default of the field.
absl::Status CheckHasDefault(const v1::FieldDefinition& definition);

// How many definitions of the type there are in these states, and how many of
// all types are no drafts.
struct FieldCounts {
  int active = 0;
  int beyond_draft = 0;
  int of_tenant = 0;
};

// Checks that there is room for one more active field; `counts` are those of
// the others. Returns RESOURCE_EXHAUSTED (TOO_MANY_FIELDS).
absl::Status CheckFieldCounts(const v1::FieldDefinition& definition,
                              bool was_draft, const FieldCounts& counts);

// Has the index of a field that was a draft until now built, if it has one.
void BeginIndex(v1::FieldDefinition& definition);

// Completes and checks a rule: its expression must fit the resource type with
// the fields that are defined now. Returns INVALID_ARGUMENT with all
// violations.
absl::Status PrepareValidationRule(const v1::ValidationRule* before,
                                   v1::ValidationRule& after,
                                   const RuleContext& context);

// How many rules are enabled of the type, and of all types.
struct RuleCounts {
  int of_type = 0;
  int of_tenant = 0;
};

// Checks that one more rule may be enabled; `counts` are those of the others.
// Returns RESOURCE_EXHAUSTED (TOO_MANY_RULES).
absl::Status CheckRuleCounts(const v1::ValidationRule& rule,
                             const RuleCounts& counts);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_CUSTOM_FIELD_H_

// Filters over leads that tenants keep as data: in scoring models, assignment
// rules and territories.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_LEAD_FILTER_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_LEAD_FILTER_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "crm/operational/v1/lead.pb.h"
#include "shared/base/errors.h"
#include "shared/reflect/custom_fields.h"
#include "shared/reflect/rule_context.h"

namespace crm::operational {

// Adds what is wrong with `text`, the filter at `field`, to `violations`.
void CheckLeadFilter(absl::string_view text, absl::string_view field,
                     const RuleContext& context,
                     std::vector<FieldViolation>& violations);

// Whether `lead` matches `text`. A filter that fits leads no more, as after a
// custom field was removed, matches none; an empty one all.
bool MatchesLead(absl::string_view text, const v1::Lead& lead,
                 const FindCustomField& fields);

// Returns a filter for the leads of the owner `subject` that are still to be
// worked on.
std::string OpenLeadsOf(absl::string_view subject);

// Whether a lead is still to be worked on: live, and neither converted nor
// given up.
bool IsOpen(const v1::Lead& lead);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_LEAD_FILTER_H_

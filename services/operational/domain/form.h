// The rules of forms: which leads they make of what was filled in.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_FORM_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_FORM_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "crm/operational/v1/form.pb.h"
#include "crm/operational/v1/form_submission.pb.h"
#include "crm/operational/v1/lead.pb.h"
#include "shared/base/errors.h"
#include "shared/reflect/rule_context.h"

namespace crm::operational {

// For how long a submission can be confirmed where the form does not say.
inline constexpr absl::Duration kConfirmTime = absl::Hours(48);

// Checks a form. Returns INVALID_ARGUMENT with all violations: a key or a field
// of leads is there twice; a field is none that a form may write; neither
// display_name nor email is required.
absl::Status PrepareForm(const v1::Form* before, v1::Form& after,
                         const RuleContext& context);

// Returns FAILED_PRECONDITION (FORM_CLOSED) for a form that takes nothing any
// more.
absl::Status CheckTakesSubmissions(const v1::Form& form);

// Returns how long a submission of `form` can be confirmed.
absl::Duration ConfirmTime(const v1::Form& form);

// Returns the lead that `submission` becomes, which has no name yet. It is
// called by its e-mail address where the form does not ask for a name.
v1::Lead LeadOf(const v1::Form& form, const v1::FormSubmission& submission);

// Returns what is wrong with the values of `submission`: keys that the form
// does not have, and required ones that are missing.
std::vector<FieldViolation> CheckKeys(const v1::Form& form,
                                      const v1::FormSubmission& submission);

// Returns the path of the value in a submission that is written to
// `lead_field`, as `form_submission.values.mail`; of all values if there is
// none.
std::string ValuePath(const v1::Form& form, absl::string_view lead_field);

// Checks that `token` confirms `submission`, which is RECEIVED, at `now`.
// Returns FAILED_PRECONDITION: SUBMISSION_IS_TRIAL, TOKEN_EXPIRED, TOKEN_WRONG.
absl::Status CheckToken(const v1::FormSubmission& submission,
                        absl::string_view token, absl::Time now);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_FORM_H_

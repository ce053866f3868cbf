#include "services/operational/handlers/form.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "crm/operational/v1/form.pb.h"
#include "crm/operational/v1/lead.pb.h"
#include "services/operational/domain/form.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/reflect/resource_name.h"
#include "shared/resource/custom_schema.h"

namespace crm::operational {
namespace {

absl::StatusOr<v1::Form> FormOf(const Transaction& transaction,
                                const v1::FormSubmission& submission) {
  return transaction.view().Get<v1::Form>(ParentOf(submission.name()));
}

// Returns what is wrong with the values by the rules that leads keep.
absl::StatusOr<std::vector<FieldViolation>> CheckAsLead(
    const Transaction& transaction, const v1::Form& form,
    const v1::Lead& lead) {
  std::vector<FieldViolation> violations;
  const ResourceCatalog& catalog = transaction.view().catalog();
  for (const FieldViolation& violation :
       catalog.validator().Check(lead, "lead")) {
    absl::string_view field = violation.field;
    absl::ConsumePrefix(&field, "lead.");
    violations.push_back({ValuePath(form, field), violation.description});
  }
  CRM_ASSIGN_OR_RETURN(
      const CustomType* custom,
      transaction.CustomTypeOf(*catalog.Find(v1::Lead::descriptor())));
  for (const auto& [key, value] : lead.custom_fields()) {
    const CustomField* field = custom == nullptr ? nullptr : custom->Find(key);
    const std::string wrong =
        field == nullptr ? "is taken no more." : field->rules.Check(value);
    if (wrong.empty()) continue;
    violations.push_back(
        {ValuePath(form, absl::StrCat("custom_fields.", key)), wrong});
  }
  return violations;
}

// Makes the lead of `submission`, which is then APPLIED. Assignment rules find
// its owner; where they find nobody, it is the form's.
absl::Status Apply(Transaction& transaction, const v1::Form& form,
                   v1::FormSubmission& submission) {
  v1::Lead lead = LeadOf(form, submission);
  lead.set_name(transaction.NewName<v1::Lead>());
  transaction.Create(lead);
  CRM_RETURN_IF_ERROR(transaction.status());
  if (lead.state() == v1::Lead::NEW && !form.owner().empty()) {
    lead.set_owner(form.owner());
    transaction.Update(lead);
    CRM_RETURN_IF_ERROR(transaction.status());
  }
  submission.set_state(v1::FormSubmission::APPLIED);
  submission.set_lead(lead.name());
  *submission.mutable_apply_time() = ToTimestamp(transaction.now());
  return absl::OkStatus();
}

}  // namespace

absl::Status SettleFormSubmission(Transaction& transaction,
                                  const v1::FormSubmission* before,
                                  v1::FormSubmission& after,
                                  const Settlement& /*settlement*/) {
  if (before != nullptr) return absl::OkStatus();
  CRM_ASSIGN_OR_RETURN(const v1::Form form, FormOf(transaction, after));
  CRM_RETURN_IF_ERROR(CheckTakesSubmissions(form));
  std::vector<FieldViolation> violations = CheckKeys(form, after);
  if (violations.empty()) {
    CRM_ASSIGN_OR_RETURN(violations,
                         CheckAsLead(transaction, form, LeadOf(form, after)));
  }
  if (!violations.empty()) return BadRequest(violations);
  if (form.state() != v1::Form::LIVE) return absl::OkStatus();
  if (form.double_opt_in()) {
    const absl::Time until = transaction.now() + ConfirmTime(form);
    *after.mutable_confirm_expire_time() = ToTimestamp(until);
    transaction.Schedule(kFormExpiry, after.name(), until);
    return absl::OkStatus();
  }
  after.set_state(v1::FormSubmission::CONFIRMED);
  return form.reviewed() ? absl::OkStatus() : Apply(transaction, form, after);
}

absl::StatusOr<v1::FormSubmission> HandleConfirmFormSubmission(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::ConfirmFormSubmissionRequest& request) {
  CRM_ASSIGN_OR_RETURN(v1::FormSubmission submission,
                       transaction.Move<v1::FormSubmission>(request));
  CRM_RETURN_IF_ERROR(
      CheckToken(submission, request.token(), transaction.now()));
  submission.clear_token_hash();
  transaction.Unschedule(kFormExpiry, submission.name());
  CRM_ASSIGN_OR_RETURN(const v1::Form form, FormOf(transaction, submission));
  if (!form.reviewed()) {
    CRM_RETURN_IF_ERROR(Apply(transaction, form, submission));
  }
  transaction.Update(submission);
  return submission;
}

absl::StatusOr<v1::FormSubmission> HandleApplyFormSubmission(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::ApplyFormSubmissionRequest& request) {
  CRM_ASSIGN_OR_RETURN(v1::FormSubmission submission,
                       transaction.Move<v1::FormSubmission>(request));
  CRM_ASSIGN_OR_RETURN(const v1::Form form, FormOf(transaction, submission));
  CRM_RETURN_IF_ERROR(Apply(transaction, form, submission));
  transaction.Update(submission);
  return submission;
}

absl::Status ExpireFormSubmission(Transaction& transaction,
                                  const Timer& timer) {
  auto submission = transaction.view().GetLive<v1::FormSubmission>(timer.key);
  if (absl::IsNotFound(submission.status())) return absl::OkStatus();
  CRM_RETURN_IF_ERROR(submission.status());
  if (submission->state() != v1::FormSubmission::RECEIVED) {
    return absl::OkStatus();
  }
  submission->set_state(v1::FormSubmission::REJECTED);
  submission->set_reject_reason("not confirmed in time");
  submission->clear_token_hash();
  transaction.Update(*submission);
  return transaction.status();
}

}  // namespace crm::operational

#include "services/operational/domain/form.h"

#include <set>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "crm/api/custom_value.pb.h"
#include "shared/base/clock.h"
#include "shared/base/digest.h"

namespace crm::operational {
namespace {

constexpr absl::string_view kCustomFields = "custom_fields.";

// The fields of a lead that visitors may write.
constexpr absl::string_view kLeadFields[] = {"display_name", "company", "email",
                                             "phone", "origin"};

bool IsLeadField(absl::string_view path, const RuleContext& context) {
  for (const absl::string_view field : kLeadFields) {
    if (path == field) return true;
  }
  if (!absl::ConsumePrefix(&path, kCustomFields) ||
      !context.find_custom_field) {
    return false;
  }
  const CustomFieldKind kind =
      context.find_custom_field(*v1::Lead::descriptor(), path);
  return kind.member != nullptr && kind.reference_type.empty() &&
         kind.member->number() ==
             crm::api::CustomValue::kStringValueFieldNumber;
}

void SetLeadField(absl::string_view path, const std::string& value,
                  v1::Lead& lead) {
  if (absl::ConsumePrefix(&path, kCustomFields)) {
    (*lead.mutable_custom_fields())[std::string(path)].set_string_value(value);
    return;
  }
  lead.GetReflection()->SetString(
      &lead, v1::Lead::descriptor()->FindFieldByName(std::string(path)), value);
}

absl::Status NotConfirmed(const v1::FormSubmission& submission,
                          absl::string_view rule, absl::string_view what) {
  return FailedPrecondition(rule,
                            absl::StrCat("'", submission.name(), "' ", what),
                            submission.name());
}

}  // namespace

absl::Status PrepareForm(const v1::Form* before, v1::Form& after,
                         const RuleContext& context) {
  std::vector<FieldViolation> violations;
  std::set<std::string> keys;
  std::set<std::string> known;
  if (before != nullptr) {
    // A field that leads had when the form was written does no harm later.
    for (const auto& field : before->fields()) known.insert(field.lead_field());
  }
  std::set<std::string> lead_fields;
  bool names = false;
  for (int i = 0; i < after.fields_size(); ++i) {
    const v1::Form::Field& field = after.fields(i);
    const std::string at = absl::StrCat("form.fields[", i, "]");
    if (!keys.insert(field.key()).second) {
      violations.push_back(
          {absl::StrCat(at, ".key"), "is the key of another field too."});
    }
    if (!lead_fields.insert(field.lead_field()).second) {
      violations.push_back({absl::StrCat(at, ".lead_field"),
                            "is written by another field too."});
    }
    if (!known.contains(field.lead_field()) &&
        !IsLeadField(field.lead_field(), context)) {
      violations.push_back(
          {absl::StrCat(at, ".lead_field"),
           "must be display_name, company, email, phone, origin or a TEXT "
           "field of your own, as 'custom_fields.seats'."});
    }
    names |= field.required() && (field.lead_field() == "display_name" ||
                                  field.lead_field() == "email");
  }
  if (!names) {
    violations.push_back({"form.fields",
                          "must have a required one for display_name or email: "
                          "leads are called by it."});
  }
  return violations.empty() ? absl::OkStatus() : BadRequest(violations);
}

absl::Status CheckTakesSubmissions(const v1::Form& form) {
  if (form.state() != v1::Form::CLOSED && !form.has_delete_time()) {
    return absl::OkStatus();
  }
  return FailedPrecondition(
      "FORM_CLOSED",
      absl::StrCat("'", form.name(), "' takes no submissions any more."),
      form.name());
}

absl::Duration ConfirmTime(const v1::Form& form) {
  return form.confirm_hours() == 0 ? kConfirmTime
                                   : absl::Hours(form.confirm_hours());
}

v1::Lead LeadOf(const v1::Form& form, const v1::FormSubmission& submission) {
  v1::Lead lead;
  lead.set_origin(form.origin());
  for (const v1::Form::Field& field : form.fields()) {
    const auto value = submission.values().find(field.key());
    if (value == submission.values().end() || value->second.empty()) continue;
    SetLeadField(field.lead_field(), value->second, lead);
  }
  if (lead.display_name().empty()) lead.set_display_name(lead.email());
  return lead;
}

std::vector<FieldViolation> CheckKeys(const v1::Form& form,
                                      const v1::FormSubmission& submission) {
  std::vector<FieldViolation> violations;
  std::set<std::string> keys;
  for (const v1::Form::Field& field : form.fields()) {
    keys.insert(field.key());
    const auto value = submission.values().find(field.key());
    if (field.required() &&
        (value == submission.values().end() || value->second.empty())) {
      violations.push_back(
          {absl::StrCat("form_submission.values.", field.key()),
           "is required."});
    }
  }
  for (const auto& [key, value] : submission.values()) {
    if (keys.contains(key)) continue;
    violations.push_back({absl::StrCat("form_submission.values.", key),
                          "is no field of the form."});
  }
  return violations;
}

std::string ValuePath(const v1::Form& form, absl::string_view lead_field) {
  for (const v1::Form::Field& field : form.fields()) {
    if (field.lead_field() == lead_field) {
      return absl::StrCat("form_submission.values.", field.key());
    }
  }
  return "form_submission.values";
}

absl::Status CheckToken(const v1::FormSubmission& submission,
                        absl::string_view token, absl::Time now) {
  if (!submission.has_confirm_expire_time()) {
    return NotConfirmed(submission, "SUBMISSION_IS_TRIAL",
                        "was made while the form was a draft, or without a "
                        "confirmation. Submit the form again.");
  }
  if (FromTimestamp(submission.confirm_expire_time()) <= now) {
    return NotConfirmed(submission, "TOKEN_EXPIRED",
                        "can be confirmed no more. Submit the form again.");
  }
  if (submission.token_hash().empty() ||
      !ConstantTimeEqual(absl::BytesToHexString(Sha256(token)),
                         submission.token_hash())) {
    return NotConfirmed(submission, "TOKEN_WRONG",
                        "is confirmed by another token: take the one of the "
                        "newest message.");
  }
  return absl::OkStatus();
}

}  // namespace crm::operational

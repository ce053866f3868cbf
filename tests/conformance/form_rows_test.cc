// Rows of the capability list on forms, as callers of the operational service
// see them.

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "crm/operational/v1/form.pb.h"
#include "crm/operational/v1/form_submission.pb.h"
#include "crm/operational/v1/lead.pb.h"
#include "services/operational/app.h"
#include "shared/base/digest.h"
#include "shared/base/errors.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::operational::v1;

class FormRows : public ::testing::Test {
 protected:
  FormRows()
      : service_(authority_, "operational", operational::MakeOperational),
        manager_(authority_.Token("acme", "user:boss", {"sales_manager"})),
        site_(authority_.Token("acme", "service:site", {"web_form"})),
        mailer_(authority_.Token("acme", "service:mail", {"integration"})) {}

  template <typename Response, typename Request>
  absl::StatusOr<Response> Call(const std::string& token,
                                absl::string_view method,
                                const std::string& text) {
    return service_.client().Call<Response>(
        absl::StrCat("crm.operational.v1.", method), Proto<Request>(text),
        {.token = token});
  }

  // A form for an address and a company, which is live.
  void MakeForm(const std::string& more) {
    EXPECT_THAT(
        (Call<v1::Form, v1::CreateFormRequest>(
            manager_, "FormService.CreateForm",
            absl::StrCat(
                "form_id: 'call-me' form { display_name: 'Call me' origin: "
                "'home page' fields { key: 'mail' lead_field: 'email' "
                "required: true label: 'Your address' } fields { key: 'firm' "
                "lead_field: 'company' label: 'Your company' } ",
                more, " }"))),
        IsOk());
    EXPECT_THAT(
        (Call<v1::Form, v1::PublishFormRequest>(
            manager_, "FormService.PublishForm", "name: 'forms/call-me'")),
        IsOk());
  }

  absl::StatusOr<v1::FormSubmission> Submit(const std::string& mail,
                                            const std::string& more = "") {
    return Call<v1::FormSubmission, v1::CreateFormSubmissionRequest>(
        site_, "FormSubmissionService.CreateFormSubmission",
        absl::StrCat("parent: 'forms/call-me' form_submission { values { key: "
                     "'mail' value: '",
                     mail, "' } } ", more));
  }

  absl::StatusOr<v1::FormSubmission> SetToken(const std::string& name,
                                              const std::string& token) {
    return Call<v1::FormSubmission, v1::SetFormSubmissionTokenRequest>(
        mailer_, "FormSubmissionService.SetFormSubmissionToken",
        absl::StrCat("name: '", name, "' token_hash: '",
                     absl::BytesToHexString(Sha256(token)), "'"));
  }

  absl::StatusOr<v1::FormSubmission> Confirm(const std::string& name,
                                             const std::string& token,
                                             const std::string& more = "") {
    return Call<v1::FormSubmission, v1::ConfirmFormSubmissionRequest>(
        site_, "FormSubmissionService.ConfirmFormSubmission",
        absl::StrCat("name: '", name, "' token: '", token, "' ", more));
  }

  // The field that a refused submission is blamed for.
  static std::string Blamed(const absl::StatusOr<v1::FormSubmission>& answer) {
    const auto violations = FieldViolations(answer.status());
    return violations.size() == 1 ? violations[0].field : "";
  }

  int Leads() {
    const auto leads = Call<v1::ListLeadsResponse, v1::ListLeadsRequest>(
        manager_, "LeadService.ListLeads", "");
    EXPECT_THAT(leads, IsOk());
    return leads->leads_size();
  }

  TestAuthority authority_;
  ServiceHarness service_;
  const std::string manager_;
  const std::string site_;
  const std::string mailer_;
};

TEST_F(FormRows, B02_ASubmissionBecomesALeadOnce) {
  MakeForm("owner: 'user:boss'");
  const std::string same = "request_id: '6a1f0d2e-7f3b-4a51-9d52-0c5d8f0f9a11'";

  const auto first = Submit("Ada@Example.org", same);
  const auto again = Submit("Ada@Example.org", same);

  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(first->state(), v1::FormSubmission::APPLIED);
  EXPECT_EQ(first->lead(), again->lead());
  EXPECT_EQ(Leads(), 1);
  const auto lead = Call<v1::Lead, v1::GetLeadRequest>(
      manager_, "LeadService.GetLead",
      absl::StrCat("name: '", first->lead(), "'"));
  ASSERT_THAT(lead, IsOk());
  EXPECT_EQ(lead->email(), "ada@example.org");
  EXPECT_EQ(lead->origin(), "home page");
  EXPECT_EQ(lead->owner(), "user:boss");
}

TEST_F(FormRows, B02_WithDoubleOptInTheTokenMakesTheLeadAndWorksOnce) {
  MakeForm("double_opt_in: true");
  const auto submission = Submit("ada@example.org");
  ASSERT_THAT(submission, IsOk());
  const std::string& name = submission->name();
  EXPECT_EQ(submission->state(), v1::FormSubmission::RECEIVED);
  EXPECT_TRUE(submission->has_confirm_expire_time());
  EXPECT_THAT(Confirm(name, "first"),
              StatusIs(absl::StatusCode::kFailedPrecondition, "TOKEN_WRONG"));
  EXPECT_THAT(SetToken(name, "first"), IsOk());
  EXPECT_THAT(SetToken(name, "second"), IsOk());
  EXPECT_THAT(Confirm(name, "first"),
              StatusIs(absl::StatusCode::kFailedPrecondition, "TOKEN_WRONG"));
  EXPECT_EQ(Leads(), 0);

  const std::string same = "request_id: '6a1f0d2e-7f3b-4a51-9d52-0c5d8f0f9a12'";
  const auto confirmed = Confirm(name, "second", same);

  ASSERT_THAT(confirmed, IsOk());
  EXPECT_EQ(confirmed->state(), v1::FormSubmission::APPLIED);
  EXPECT_TRUE(confirmed->has_confirm_time());
  EXPECT_EQ(confirmed->token_hash(), "");
  EXPECT_THAT(Confirm(name, "second", same), IsOk());
  EXPECT_THAT(
      Confirm(name, "second"),
      StatusIs(absl::StatusCode::kFailedPrecondition, "ILLEGAL_TRANSITION"));
  EXPECT_EQ(Leads(), 1);
}

TEST_F(FormRows, B02_TheSiteHandsInAndConfirmsAndDoesNothingElse) {
  MakeForm("double_opt_in: true");
  const auto submission = Submit("ada@example.org");
  ASSERT_THAT(submission, IsOk());

  const auto denied = StatusIs(absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED");
  EXPECT_THAT((Call<v1::FormSubmission, v1::SetFormSubmissionTokenRequest>(
                  site_, "FormSubmissionService.SetFormSubmissionToken",
                  absl::StrCat("name: '", submission->name(), "' token_hash: '",
                               std::string(64, 'a'), "'"))),
              denied);
  EXPECT_THAT((Call<v1::FormSubmission, v1::GetFormSubmissionRequest>(
                  site_, "FormSubmissionService.GetFormSubmission",
                  absl::StrCat("name: '", submission->name(), "'"))),
              denied);
  EXPECT_THAT(
      (Call<v1::Lead, v1::CreateLeadRequest>(site_, "LeadService.CreateLead",
                                             "lead { display_name: 'Ada' }")),
      denied);
}

TEST_F(FormRows, B02_ValuesKeepTheRulesOfLeads) {
  MakeForm("double_opt_in: true");
  EXPECT_EQ(Blamed(Submit("no address")), "form_submission.values.mail");
  EXPECT_EQ(Blamed(Submit("")), "form_submission.values.mail");
  EXPECT_EQ(
      Blamed(Call<v1::FormSubmission, v1::CreateFormSubmissionRequest>(
          site_, "FormSubmissionService.CreateFormSubmission",
          "parent: 'forms/call-me' form_submission { values { key: 'mail' "
          "value: 'a@b.example' } values { key: 'owner' value: 'me' } }")),
      "form_submission.values.owner");
}

TEST_F(FormRows, B02_AReviewedSubmissionWaitsForSomebody) {
  MakeForm("reviewed: true");
  const auto good = Submit("ada@example.org");
  const auto bad = Submit("spam@example.org");
  ASSERT_THAT(good, IsOk());
  ASSERT_THAT(bad, IsOk());
  EXPECT_EQ(good->state(), v1::FormSubmission::CONFIRMED);
  EXPECT_EQ(Leads(), 0);

  const auto applied = Call<v1::FormSubmission, v1::ApplyFormSubmissionRequest>(
      manager_, "FormSubmissionService.ApplyFormSubmission",
      absl::StrCat("name: '", good->name(), "'"));
  const auto rejected =
      Call<v1::FormSubmission, v1::RejectFormSubmissionRequest>(
          manager_, "FormSubmissionService.RejectFormSubmission",
          absl::StrCat("name: '", bad->name(), "' reject_reason: 'spam'"));

  ASSERT_THAT(applied, IsOk());
  EXPECT_NE(applied->lead(), "");
  ASSERT_THAT(rejected, IsOk());
  EXPECT_EQ(rejected->reject_reason(), "spam");
  EXPECT_EQ(Leads(), 1);
}

TEST_F(FormRows, B02_AClosedFormTakesNothing) {
  MakeForm("");
  EXPECT_THAT((Call<v1::Form, v1::CloseFormRequest>(
                  manager_, "FormService.CloseForm", "name: 'forms/call-me'")),
              IsOk());
  EXPECT_THAT(Submit("ada@example.org"),
              StatusIs(absl::StatusCode::kFailedPrecondition, "FORM_CLOSED"));
}

}  // namespace
}  // namespace crm::testing

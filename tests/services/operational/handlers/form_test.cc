#include "services/operational/handlers/form.h"

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "crm/operational/v1/form.pb.h"
#include "shared/base/digest.h"
#include "tests/services/operational/service_on_clock.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::Proto;
using ::crm::testing::ServiceOnClock;
using ::crm::testing::StatusIs;

class FormExpiry : public ::testing::Test {
 protected:
  FormExpiry() : service_(absl::FromUnixSeconds(1'700'000'000)) {
    service_.Must<v1::Form, v1::CreateFormRequest>(
        "CreateForm",
        "form_id: 'call-me' form { display_name: 'Call me' double_opt_in: true "
        "confirm_hours: 2 fields { key: 'mail' lead_field: 'email' required: "
        "true label: 'Your address' } }");
    service_.Must<v1::Form, v1::PublishFormRequest>("PublishForm",
                                                    "name: 'forms/call-me'");
    service_.Must<v1::FormSubmission, v1::CreateFormSubmissionRequest>(
        "CreateFormSubmission",
        "parent: 'forms/call-me' form_submission_id: 'ada' form_submission { "
        "values { key: 'mail' value: 'ada@example.org' } }");
    service_.Must<v1::FormSubmission, v1::SetFormSubmissionTokenRequest>(
        "SetFormSubmissionToken",
        absl::StrCat("name: '", kName, "' token_hash: '",
                     absl::BytesToHexString(Sha256("secret")), "'"));
  }

  absl::StatusOr<std::string> Confirm() {
    return service_.Serve("ConfirmFormSubmission",
                          Proto<v1::ConfirmFormSubmissionRequest>(absl::StrCat(
                              "name: '", kName, "' token: 'secret'")));
  }

  v1::FormSubmission Submission() {
    return service_.Must<v1::FormSubmission, v1::GetFormSubmissionRequest>(
        "GetFormSubmission", absl::StrCat("name: '", kName, "'"));
  }

  static constexpr char kName[] = "forms/call-me/formSubmissions/ada";

  ServiceOnClock service_;
};

TEST_F(FormExpiry, B02_GivesUpWhatNobodyConfirmedInTime) {
  service_.clock().Advance(absl::Hours(2) - absl::Microseconds(1));
  service_.FireTimers();
  EXPECT_EQ(Submission().state(), v1::FormSubmission::RECEIVED);

  service_.clock().Advance(absl::Microseconds(1));
  service_.FireTimers();

  EXPECT_EQ(Submission().state(), v1::FormSubmission::REJECTED);
  EXPECT_EQ(Submission().token_hash(), "");
  EXPECT_THAT(Confirm(), StatusIs(absl::StatusCode::kFailedPrecondition,
                                  "ILLEGAL_TRANSITION"));
}

TEST_F(FormExpiry, B02_IsNotWaitedForByWhoConfirms) {
  service_.clock().Advance(absl::Hours(2));

  EXPECT_THAT(Confirm(),
              StatusIs(absl::StatusCode::kFailedPrecondition, "TOKEN_EXPIRED"));
}

TEST_F(FormExpiry, B02_LeavesWhatWasConfirmed) {
  EXPECT_TRUE(Confirm().ok());

  service_.clock().Advance(absl::Hours(3));
  service_.FireTimers();

  EXPECT_EQ(Submission().state(), v1::FormSubmission::APPLIED);
}

}  // namespace
}  // namespace crm::operational

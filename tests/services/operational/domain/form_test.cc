#include "services/operational/domain/form.h"

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "shared/base/clock.h"
#include "shared/base/digest.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::EqualsProto;
using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;

template <typename T>
T Parse(const std::string& text) {
  T message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

// The tenant has the TEXT field `hall`, the INTEGER field `seats`, and the
// REFERENCE `home`, which leads to accounts.
RuleContext Context() {
  RuleContext context;
  context.find_custom_field = [](const google::protobuf::Descriptor&,
                                 absl::string_view key) -> CustomFieldKind {
    const auto* value = crm::api::CustomValue::descriptor();
    if (key == "hall") {
      return {.member = value->FindFieldByName("string_value")};
    }
    if (key == "seats") return {.member = value->FindFieldByName("int_value")};
    if (key == "home") {
      return {.member = value->FindFieldByName("reference_value"),
              .reference_type = "crm/Account"};
    }
    return {};
  };
  return context;
}

constexpr char kMail[] =
    "fields { key: 'mail' lead_field: 'email' required: true } ";

TEST(PrepareForm, B02_WritesOnlyWhatVisitorsMayWrite) {
  const struct {
    const char* fields;
    // The field that is blamed; empty for none.
    const char* blamed;
  } kCases[] = {
      {"", ""},
      {"fields { key: 'who' lead_field: 'display_name' }", ""},
      {"fields { key: 'hall' lead_field: 'custom_fields.hall' }", ""},
      {"fields { key: 'hall' lead_field: 'custom_fields.seats' }",
       "form.fields[1].lead_field"},
      {"fields { key: 'hall' lead_field: 'custom_fields.home' }",
       "form.fields[1].lead_field"},
      {"fields { key: 'hall' lead_field: 'custom_fields.none' }",
       "form.fields[1].lead_field"},
      {"fields { key: 'own' lead_field: 'owner' }",
       "form.fields[1].lead_field"},
      {"fields { key: 'own' lead_field: 'customer' }",
       "form.fields[1].lead_field"},
      {"fields { key: 'own' lead_field: 'state' }",
       "form.fields[1].lead_field"},
      {"fields { key: 'own' lead_field: 'name' }", "form.fields[1].lead_field"},
      {"fields { key: 'own' lead_field: 'nothing' }",
       "form.fields[1].lead_field"},
      {"fields { key: 'mail' lead_field: 'phone' }", "form.fields[1].key"},
      {"fields { key: 'mail2' lead_field: 'email' }",
       "form.fields[1].lead_field"},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.fields);
    v1::Form form = Parse<v1::Form>(absl::StrCat(kMail, c.fields));
    const absl::Status status = PrepareForm(nullptr, form, Context());
    if (std::string(c.blamed).empty()) {
      EXPECT_THAT(status, IsOk());
      continue;
    }
    const auto violations = FieldViolations(status);
    ASSERT_EQ(violations.size(), 1U);
    EXPECT_EQ(violations[0].field, c.blamed);
  }
}

TEST(PrepareForm, AsksForWhatLeadsAreCalledBy) {
  for (const char* fields :
       {"fields { key: 'mail' lead_field: 'email' }",
        "fields { key: 'firm' lead_field: 'company' required: true }"}) {
    v1::Form form = Parse<v1::Form>(fields);
    const auto violations =
        FieldViolations(PrepareForm(nullptr, form, Context()));
    ASSERT_EQ(violations.size(), 1U);
    EXPECT_EQ(violations[0].field, "form.fields");
  }
}

TEST(LeadOf, B02_WritesTheValuesToTheirFields) {
  const auto form = Parse<v1::Form>(
      absl::StrCat(kMail,
                   "origin: 'home page' "
                   "fields { key: 'firm' lead_field: 'company' } "
                   "fields { key: 'hall' lead_field: 'custom_fields.hall' }"));
  EXPECT_THAT(
      LeadOf(form, Parse<v1::FormSubmission>(
                       "values { key: 'mail' value: 'a@b.example' } "
                       "values { key: 'firm' value: '' } "
                       "values { key: 'hall' value: 'H4' }")),
      EqualsProto("display_name: 'a@b.example' email: 'a@b.example' origin: "
                  "'home page' custom_fields { key: 'hall' value { "
                  "string_value: 'H4' } }"));
}

TEST(CheckKeys, NamesEachKeyThatMissesOrIsUnknown) {
  const auto form = Parse<v1::Form>(kMail);
  const auto violations = CheckKeys(
      form, Parse<v1::FormSubmission>("values { key: 'mail' value: '' } "
                                      "values { key: 'owner' value: 'me' }"));
  ASSERT_EQ(violations.size(), 2U);
  EXPECT_EQ(violations[0].field, "form_submission.values.mail");
  EXPECT_EQ(violations[1].field, "form_submission.values.owner");
}

TEST(CheckTakesSubmissions, RefusesWhatIsClosedOrDeleted) {
  EXPECT_THAT(CheckTakesSubmissions(Parse<v1::Form>("state: DRAFT")), IsOk());
  EXPECT_THAT(CheckTakesSubmissions(Parse<v1::Form>("state: LIVE")), IsOk());
  for (const char* text : {"state: CLOSED", "state: LIVE delete_time {}"}) {
    EXPECT_THAT(CheckTakesSubmissions(Parse<v1::Form>(text)),
                StatusIs(absl::StatusCode::kFailedPrecondition, "FORM_CLOSED"));
  }
}

TEST(CheckToken, B02_TakesTheTokenOfTheHashUntilItExpires) {
  const std::string hash = absl::BytesToHexString(Sha256("secret"));
  const struct {
    const char* expires;
    std::string hash;
    const char* token;
    const char* reason;
  } kCases[] = {
      {"confirm_expire_time { seconds: 100 }", hash, "secret", ""},
      {"confirm_expire_time { seconds: 99 }", hash, "secret", "TOKEN_EXPIRED"},
      {"confirm_expire_time { seconds: 100 }", hash, "Secret", "TOKEN_WRONG"},
      {"confirm_expire_time { seconds: 100 }", hash, "", "TOKEN_WRONG"},
      {"confirm_expire_time { seconds: 100 }", "", "secret", "TOKEN_WRONG"},
      {"confirm_expire_time { seconds: 100 }", "", "", "TOKEN_WRONG"},
      {"", hash, "secret", "SUBMISSION_IS_TRIAL"},
  };
  for (const auto& c : kCases) {
    auto submission = Parse<v1::FormSubmission>(c.expires);
    submission.set_token_hash(c.hash);
    const absl::Status status =
        CheckToken(submission, c.token, absl::FromUnixSeconds(99));
    if (std::string(c.reason).empty()) {
      EXPECT_THAT(status, IsOk());
    } else {
      EXPECT_THAT(status,
                  StatusIs(absl::StatusCode::kFailedPrecondition, c.reason));
    }
  }
}

}  // namespace
}  // namespace crm::operational

// Bulk updates, as callers of the operational service see them.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/validation_rule.pb.h"
#include "crm/operational/v1/validation_rule_transitions.pb.h"
#include "crm/platform/v1/bulk_update.pb.h"
#include "tests/conformance/import_fixture.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::operational::v1;
using ::crm::platform::v1::BulkUpdateFailure;
using ::crm::platform::v1::BulkUpdateResult;
using ::google::longrunning::Operation;

class BulkUpdateRows : public ImportRows {
 protected:
  absl::StatusOr<Operation> Start(const std::string& token,
                                  const std::string& text) {
    return service_.client().Call<Operation>(
        "crm.operational.v1.ContactBulkService.BulkUpdateContacts",
        Proto<v1::BulkUpdateContactsRequest>(text), {.token = token});
  }

  // Refuses contacts that `condition` is true of.
  void Refuse(const std::string& condition) {
    const std::string admin =
        authority_.Token("acme", "user:root", {"tenant_admin"});
    v1::CreateValidationRuleRequest request;
    v1::ValidationRule& rule = *request.mutable_validation_rule();
    rule.set_display_name("No robots");
    rule.set_resource_type("crm/Contact");
    rule.set_refuse_when(condition);
    rule.set_message("is refused.");
    const auto made = service_.client().Call<v1::ValidationRule>(
        "crm.operational.v1.ValidationRuleService.CreateValidationRule",
        request, {.token = admin});
    ASSERT_THAT(made, IsOk());
    v1::EnableValidationRuleRequest enable;
    enable.set_name(made->name());
    ASSERT_THAT(
        service_.client().Call<v1::ValidationRule>(
            "crm.operational.v1.ValidationRuleService.EnableValidationRule",
            enable, {.token = admin}),
        IsOk());
  }
};

TEST_F(BulkUpdateRows, OP_18_EachOfAllThatMatchesIsCountedOnce) {
  std::string rows = "First,Last\n";
  for (int i = 0; i < 450; ++i) {
    absl::StrAppend(&rows, i % 9 == 0 ? "Eve," : "Ada,", i, "\n");
  }
  rows += "Ada,Robot\n";
  ImportContacts(kContactPlan, rows);
  Refuse("display_name = \"Ada Robot\" AND job_title = \"Buyer\"");
  const std::string update =
      "filter: 'display_name = \"Ada *\"' contact { job_title: 'Buyer' } "
      "update_mask { paths: 'job_title' }";

  const auto first = Start(boss_, update);
  ASSERT_THAT(first, IsOk());
  const Operation done = Await(first->name());
  const auto again = Start(boss_, update);
  ASSERT_THAT(again, IsOk());
  const Operation done_again = Await(again->name());

  EXPECT_THAT(ResultOf<BulkUpdateResult>(done),
              EqualsProto("matched_count: 401 updated_count: 400 "
                          "failed_count: 1"));
  EXPECT_THAT(ResultOf<BulkUpdateResult>(done_again),
              EqualsProto("matched_count: 401 unchanged_count: 400 "
                          "failed_count: 1"));
  int buyers = 0;
  for (const v1::Contact& contact : Contacts()) {
    const bool ada = contact.display_name()[0] == 'A';
    if (contact.job_title() == "Buyer") ++buyers;
    EXPECT_EQ(contact.job_title() == "Buyer",
              ada && contact.display_name() != "Ada Robot")
        << contact.display_name();
  }
  EXPECT_EQ(buyers, 400);
  platform::v1::OperationMetadata metadata;
  ASSERT_TRUE(done.metadata().UnpackTo(&metadata));
  EXPECT_EQ(metadata.verb(), "bulkUpdate");
  EXPECT_EQ(metadata.target(), "contacts");
  EXPECT_EQ(metadata.done_count(), 401);
  EXPECT_EQ(metadata.progress_percent(), 100);
}

TEST_F(BulkUpdateRows, OP_18_WhoMayNotUpdateMayNotInBulk) {
  EXPECT_THAT(
      Start(authority_.Token("acme", "user:mia", {"marketer"}),
            "filter: 'name:*' contact { job_title: 'x' } "
            "update_mask { paths: 'job_title' }"),
      StatusIs(absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED"));
  const auto refused = Start(boss_,
                             "filter: 'no_such = 1' contact { job_title: 'x' } "
                             "update_mask { paths: 'job_title' }");
  ASSERT_EQ(FieldViolations(refused.status()).size(), 1u);
  EXPECT_EQ(FieldViolations(refused.status())[0].field, "filter");
}

}  // namespace
}  // namespace crm::testing

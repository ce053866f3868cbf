// Defaults of custom fields, given to what was there before.

#include <string>
#include <thread>

#include "crm/operational/v1/field_definition_bulk.pb.h"
#include "crm/platform/v1/audit_entry.pb.h"
#include "crm/platform/v1/bulk_update.pb.h"
#include "crm/platform/v1/operations.pb.h"
#include "google/longrunning/operations.pb.h"
#include "google/rpc/code.pb.h"
#include "tests/conformance/objects_fixture.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::operational::v1;
using ::crm::platform::v1::BulkUpdateResult;
using ::google::longrunning::Operation;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class CustomFieldDefaults : public CustomObjects {
 protected:
  // Gives the default of a field to what is there, and returns the operation
  // when it is done.
  Operation Apply(const v1::FieldDefinition& field) {
    auto operation = Call<Operation, v1::ApplyDefaultValueRequest>(
        "FieldDefinitionBulkService.ApplyDefaultValue",
        absl::StrCat("name: '", field.name(), "'"));
    EXPECT_THAT(operation, IsOk());
    while (operation.ok() && !operation->done()) {
      platform::v1::WaitOperationRequest wait;
      wait.set_name(operation->name());
      operation = service_.client().Call<Operation>(
          "crm.platform.v1.Operations.WaitOperation", wait, {.token = token_});
    }
    return operation.value_or(Operation());
  }

  static BulkUpdateResult ResultOf(const Operation& operation) {
    BulkUpdateResult result;
    EXPECT_TRUE(operation.response().UnpackTo(&result))
        << operation.DebugString();
    return result;
  }
};

TEST_F(CustomFieldDefaults, A31_ADefaultReachesWhatWasThereWithoutAValue) {
  for (const char* id : {"ada", "bob", "cyd", "dee"}) {
    ASSERT_THAT(MakeLead(id, ""), IsOk());
  }
  const auto seats = Define("seats", "type: INTEGER indexed: true");
  ASSERT_THAT(UpdateLead("ada", Int("seats", 9), "custom_fields"), IsOk());
  ASSERT_THAT((Call<v1::Lead, v1::DeleteLeadRequest>("LeadService.DeleteLead",
                                                     "name: 'leads/dee'")),
              IsOk());
  ASSERT_THAT(
      Change(seats.name(), "default_value { int_value: 3 }", "default_value"),
      IsOk());
  AwaitIndex(seats.name());

  const BulkUpdateResult first = ResultOf(Apply(seats));
  const BulkUpdateResult again = ResultOf(Apply(seats));

  EXPECT_EQ(first.matched_count(), 2);
  EXPECT_EQ(first.updated_count(), 2);
  EXPECT_EQ(first.failed_count(), 0);
  EXPECT_EQ(again.matched_count(), 0);
  EXPECT_THAT(Leads("custom_fields.seats = 3", "custom_fields.seats"),
              IsOkAndHolds(ElementsAre("bob", "cyd")));
  EXPECT_THAT(Leads("custom_fields.seats = 9", ""),
              IsOkAndHolds(ElementsAre("ada")));
  // Each is a change like any other.
  const auto entries =
      service_.client().Call<platform::v1::ListAuditEntriesResponse>(
          "crm.platform.v1.AuditService.ListAuditEntries",
          Proto<platform::v1::ListAuditEntriesRequest>(
              "filter: 'resource = \"leads/bob\"' order_by: 'name desc'"),
          {.token = authority_.Token("acme", "user:ann", {"auditor"})});
  ASSERT_THAT(entries, IsOk());
  ASSERT_EQ(entries->audit_entries_size(), 2);
  EXPECT_THAT(entries->audit_entries(0).changed_fields(),
              ElementsAre("custom_fields.seats"));
}

TEST_F(CustomFieldDefaults, A31_MoreThanOneBatchGetsTheDefault) {
  constexpr int kLeads = 450;
  v1::BatchCreateLeadsRequest request;
  for (int i = 0; i < kLeads; ++i) {
    auto& create = *request.add_requests();
    create.set_lead_id(absl::StrCat("lead-", i));
    create.mutable_lead()->set_display_name(absl::StrCat("Lead ", i));
  }
  ASSERT_THAT((Send<v1::BatchCreateLeadsResponse>(
                  "LeadService.BatchCreateLeads", request)),
              IsOk());
  const auto seats =
      Define("seats", "type: INTEGER default_value { int_value: 3 }");

  const BulkUpdateResult result = ResultOf(Apply(seats));

  EXPECT_EQ(result.matched_count(), kLeads);
  EXPECT_EQ(result.updated_count(), kLeads);
  const auto left = Leads("NOT custom_fields.seats = 3", "", 1000);
  ASSERT_THAT(left, IsOk());
  EXPECT_TRUE(left->empty()) << left->front();
}

TEST_F(CustomFieldDefaults, A31_WhatCannotBeUpdatedFailsAlone) {
  ASSERT_THAT(MakeLead("ada", ""), IsOk());
  const auto home =
      Define("home",
             "type: REFERENCE reference_type: 'crm/Account' default_value { "
             "reference_value: 'accounts/gone' }");

  const Operation operation = Apply(home);

  EXPECT_EQ(ResultOf(operation).failed_count(), 1);
  EXPECT_EQ(ResultOf(operation).updated_count(), 0);
  platform::v1::ReadOperationOutputRequest read;
  read.set_name(operation.name());
  const auto output =
      service_.client().Call<platform::v1::ReadOperationOutputResponse>(
          "crm.platform.v1.Operations.ReadOperationOutput", read,
          {.token = token_});
  ASSERT_THAT(output, IsOk());
  EXPECT_THAT(output->content(), HasSubstr("\"name\":\"leads/ada\""));
}

TEST_F(CustomFieldDefaults, A31_AFieldWithoutADefaultOrInNoUseGivesNone) {
  const auto bare = Define("bare", "type: INTEGER");
  const auto draft = Draft("draft",
                           "type: INTEGER default_value { "
                           "int_value: 3 }");
  ASSERT_THAT(draft, IsOk());

  EXPECT_EQ(Apply(bare).error().code(), google::rpc::FAILED_PRECONDITION);
  EXPECT_EQ(Apply(*draft).error().code(), google::rpc::FAILED_PRECONDITION);
}

TEST_F(CustomFieldDefaults, A32_ADefaultReachesTheObjectsOfItsTypeAlone) {
  ASSERT_THAT(MakeType("vehicles"), IsOk());
  ASSERT_THAT(MakeType("vehicles0"), IsOk());
  ASSERT_THAT(MakeObject("vehicles/van"), IsOk());
  ASSERT_THAT(MakeObject("vehicles0/van"), IsOk());
  DefineOf("vehicles0", "seats", "type: INTEGER");
  const auto seats = DefineOf("vehicles", "seats",
                              "type: INTEGER default_value { int_value: 3 }");

  const BulkUpdateResult result = ResultOf(Apply(seats));
  ASSERT_THAT(RetireType("vehicles"), IsOk());
  const Operation retired = Apply(seats);

  EXPECT_EQ(result.updated_count(), 1);
  EXPECT_THAT(Objects("-", "custom_fields.seats = 3"),
              IsOkAndHolds(ElementsAre("vehicles/van")));
  EXPECT_EQ(retired.error().code(), google::rpc::FAILED_PRECONDITION);
}

}  // namespace
}  // namespace crm::testing

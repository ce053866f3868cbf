// Rows of the capability list on imports that change nothing, that are taken
// back, and that come from other systems.

#include <map>
#include <string>
#include <thread>
#include <vector>

#include "crm/operational/v1/account.pb.h"
#include "crm/operational/v1/account_bulk.pb.h"
#include "crm/operational/v1/activity_bulk.pb.h"
#include "crm/operational/v1/opportunity.pb.h"
#include "crm/operational/v1/opportunity_bulk.pb.h"
#include "tests/conformance/import_fixture.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::operational::v1;
using ::crm::platform::v1::ImportResult;
using ::crm::platform::v1::RevertImportResult;
using ::google::longrunning::Operation;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(ImportRows, A11_ADryRunAnswersAsTheImportAndStoresNothing) {
  constexpr char kRows[] = "First,Last,Mail\nAda,L,ada@x.org\nBob,M,bad\n";

  const Operation dry =
      ImportContacts(absl::StrCat(kContactPlan, " dry_run: true"), kRows);
  const std::vector<v1::Contact> after_dry = Contacts();
  const size_t customers = CustomerCount();
  const Operation real = ImportContacts(kContactPlan, kRows);

  EXPECT_THAT(after_dry, IsEmpty());
  EXPECT_EQ(customers, 0u);
  EXPECT_THAT(ContactNames(), ElementsAre("Ada L"));
  EXPECT_THAT(ResultOf<ImportResult>(dry),
              EqualsProto(ResultOf<ImportResult>(real).DebugString()));
  EXPECT_THAT(Failures(dry.name()), SizeIs(1));
  EXPECT_THAT(Failures(dry.name())[0],
              EqualsProto(Failures(real.name())[0].DebugString()));
}

TEST_F(ImportRows, A12_AnImportIsTakenBackButForWhatWasChangedSince) {
  ImportContacts(absl::StrCat(kContactPlan, R"(
      mode: UPSERT system: 'old' columns { column: 'Id' field: 'name'
                                           key: true })"),
                 "Id,First,Last\n0,Old,One\n");
  const Operation import =
      ImportContacts(absl::StrCat(kContactPlan, R"(
      mode: UPSERT system: 'old' columns { column: 'Id' field: 'name'
                                           key: true })"),
                     "Id,First,Last\n0,New,One\n1,Ada,L\n2,Bob,M\n3,Eve,N\n");
  ASSERT_THAT(ResultOf<ImportResult>(import),
              EqualsProto("state: SUCCEEDED row_count: 4 created_count: 3 "
                          "updated_count: 1"));
  ASSERT_EQ(CustomerCount(), 4u);
  std::string kept;
  for (const v1::Contact& contact : Contacts()) {
    v1::UpdateContactRequest update;
    v1::DeleteContactRequest remove;
    if (contact.display_name() == "Bob M") {
      kept = contact.name();
      update.mutable_contact()->set_name(kept);
      update.mutable_contact()->set_job_title("Buyer");
      ASSERT_THAT(
          Call<v1::Contact>("crm.operational.v1.ContactService.UpdateContact",
                            update),
          IsOk());
    } else if (contact.display_name() == "Eve N") {
      remove.set_name(contact.name());
      ASSERT_THAT(
          Call<v1::Contact>("crm.operational.v1.ContactService.DeleteContact",
                            remove),
          IsOk());
    }
  }

  const auto revert = Revert(import.name());
  ASSERT_THAT(revert, IsOk());
  const auto result = ResultOf<RevertImportResult>(Await(revert->name()));

  // The contact Ada and the customers that were made for her and for Eve; Bob's
  // customer is still referred to by Bob.
  EXPECT_EQ(result.deleted_count(), 3);
  EXPECT_EQ(result.restored_count(), 1);
  EXPECT_EQ(result.gone_count(), 1);
  EXPECT_EQ(result.kept_count(), 2);
  EXPECT_THAT(result.kept_sample(), ::testing::Contains(kept));
  EXPECT_THAT(ContactNames(), ElementsAre("Bob M", "Old One"));
  EXPECT_EQ(CustomerCount(), 2u);
  EXPECT_EQ(ResultOf<ImportResult>(Await(import.name())).state(),
            ImportResult::REVERTED);
  // Once more finds nothing to do.
  const auto again = Revert(import.name());
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(ResultOf<RevertImportResult>(Await(again->name())).deleted_count(),
            0);
  EXPECT_THAT(ContactNames(), ElementsAre("Bob M", "Old One"));
}

TEST_F(ImportRows, A14_LongWorkOfEveryKindIsAnOperationOfOneShape) {
  const Operation import = ImportContacts(kContactPlan, "First,Last\nAda,L\n");
  const auto started = [&](absl::string_view method,
                           const google::protobuf::Message& request) {
    const auto operation = service_.client().Call<Operation>(
        absl::StrCat("crm.", method), request,
        {.token = authority_.Token("acme", "user:boss",
                                   {"sales_manager", "tenant_admin"})});
    EXPECT_THAT(operation, IsOk()) << method;
    return operation.ok() ? Await(operation->name()) : Operation();
  };
  platform::v1::RevertImportRequest revert;
  revert.set_name(import.name());

  const std::map<std::string, Operation> operations = {
      {"import contacts", import},
      {"export contacts",
       started("operational.v1.ContactBulkService.ExportContacts",
               v1::ExportContactsRequest())},
      {"bulkUpdate contacts",
       started("operational.v1.ContactBulkService.BulkUpdateContacts",
               Proto<v1::BulkUpdateContactsRequest>(
                   "filter: 'name:*' contact { job_title: 'X' } update_mask { "
                   "paths: "
                   "'job_title' }"))},
      {"runBulkAction activities",
       started("operational.v1.ActivityBulkService.RunBulkActionOnActivities",
               Proto<v1::RunBulkActionOnActivitiesRequest>(
                   "action: 'cancel' filter: 'state = PLANNED'"))},
      {"purge contacts",
       started("operational.v1.ContactBulkService.PurgeContacts",
               Proto<v1::PurgeContactsRequest>("filter: 'name:*'"))},
      {"revert operations",
       started("platform.v1.ImportService.RevertImport", revert)}};

  platform::v1::ListOperationsRequest list;
  const auto listed = Call<platform::v1::ListOperationsResponse>(
      "crm.platform.v1.Operations.ListOperations", list);
  ASSERT_THAT(listed, IsOk());
  std::map<std::string, std::string> by_name;
  for (const Operation& operation : listed->operations()) {
    by_name[operation.name()] = operation.metadata().DebugString();
  }
  for (const auto& [what, operation] : operations) {
    EXPECT_TRUE(operation.done()) << what;
    EXPECT_TRUE(operation.has_response()) << what << operation.DebugString();
    platform::v1::OperationMetadata metadata;
    ASSERT_TRUE(operation.metadata().UnpackTo(&metadata)) << what;
    EXPECT_EQ(absl::StrCat(metadata.verb(), " ", metadata.target()), what);
    EXPECT_EQ(metadata.creator(), "user:boss") << what;
    EXPECT_TRUE(metadata.has_end_time()) << what;
    EXPECT_TRUE(metadata.has_expire_time()) << what;
    EXPECT_EQ(by_name[operation.name()], operation.metadata().DebugString())
        << what;
  }
  EXPECT_EQ(by_name.size(), operations.size());
}

TEST_F(ImportRows, A14_AnImportIsAnOperationThatCanBeCancelledAndTakenBack) {
  const auto started = StartAs<v1::ImportContactsRequest>(
      boss_, "ContactBulkService.ImportContacts", kContactPlan);
  ASSERT_THAT(started, IsOk());
  ASSERT_THAT(Add(started->name(), 1, "First,Last\nAda,L\nBob,M\nEve"), IsOk());
  EXPECT_THAT(
      Revert(started->name()),
      StatusIs(absl::StatusCode::kFailedPrecondition, "OPERATION_NOT_DONE"));
  while (ContactNames().size() < 2) std::this_thread::yield();
  platform::v1::CancelOperationRequest cancel;
  cancel.set_name(started->name());
  ASSERT_THAT(
      Call<Operation>("crm.platform.v1.Operations.CancelOperation", cancel),
      IsOk());

  EXPECT_THAT(
      Add(started->name(), 2, ",N\n", true),
      StatusIs(absl::StatusCode::kFailedPrecondition, "OPERATION_DONE"));
  const auto revert = Revert(started->name());
  ASSERT_THAT(revert, IsOk());
  EXPECT_EQ(ResultOf<RevertImportResult>(Await(revert->name())).deleted_count(),
            4);
  EXPECT_THAT(ContactNames(), IsEmpty());
}

TEST_F(ImportRows, GX_03_ExportsOfOtherSystemsKeepTheirLinks) {
  const auto import_all = [this] {
    std::vector<ImportResult> results;
    results.push_back(ResultOf<ImportResult>(Import<v1::ImportAccountsRequest>(
        "AccountBulkService.ImportAccounts",
        "format: CSV preset: HUBSPOT mode: UPSERT",
        "Record ID,Company name,Number of Employees,Parent Company ID\n"
        "11,North,250,\n12,North Labs,20,11\n")));
    results.push_back(ResultOf<ImportResult>(ImportContacts(
        "format: CSV preset: HUBSPOT mode: UPSERT",
        "Record ID,First Name,Last Name,Email,Associated Company IDs\n"
        "21,Ada,Lovelace,ada@north.example,12\n"
        "22,Bob,,bob@north.example,11\n23,Eve,Noone,,99\n")));
    results.push_back(
        ResultOf<ImportResult>(Import<v1::ImportOpportunitiesRequest>(
            "OpportunityBulkService.ImportOpportunities",
            "format: CSV preset: HUBSPOT mode: UPSERT "
            "constants { key: 'amount.currency_code' value: 'EUR' }",
            "Record ID,Deal Name,Amount,Close Date,Associated Company IDs\n"
            "31,Big deal,1200.50,2026-06-30 10:00,12\n")));
    return results;
  };

  const std::vector<ImportResult> first = import_all();
  const std::vector<ImportResult> second = import_all();

  EXPECT_THAT(first[0], EqualsProto("state: SUCCEEDED row_count: 2 "
                                    "created_count: 2"));
  EXPECT_THAT(first[1], EqualsProto("state: SUCCEEDED row_count: 3 "
                                    "created_count: 2 failed_count: 1"));
  EXPECT_THAT(first[2], EqualsProto("state: SUCCEEDED row_count: 1 "
                                    "created_count: 1"));
  EXPECT_THAT(second[0], EqualsProto("state: SUCCEEDED row_count: 2 "
                                     "unchanged_count: 2"));
  EXPECT_THAT(second[1], EqualsProto("state: SUCCEEDED row_count: 3 "
                                     "unchanged_count: 2 failed_count: 1"));
  EXPECT_THAT(second[2], EqualsProto("state: SUCCEEDED row_count: 1 "
                                     "unchanged_count: 1"));
  v1::ListOpportunitiesRequest request;
  request.set_filter("account.display_name = \"North Labs\"");
  const auto deals = Call<v1::ListOpportunitiesResponse>(
      "crm.operational.v1.OpportunityService.ListOpportunities", request);
  ASSERT_THAT(deals, IsOk());
  ASSERT_EQ(deals->opportunities_size(), 1);
  EXPECT_THAT(deals->opportunities(0).amount(),
              EqualsProto("currency_code: 'EUR' units: 1200 nanos: 500000000"));
  EXPECT_THAT(deals->opportunities(0).source(),
              EqualsProto("system: 'hubspot' external_id: '31'"));
  v1::ListAccountsRequest children;
  children.set_filter("parent_account.display_name = \"North\"");
  const auto accounts = Call<v1::ListAccountsResponse>(
      "crm.operational.v1.AccountService.ListAccounts", children);
  ASSERT_THAT(accounts, IsOk());
  ASSERT_EQ(accounts->accounts_size(), 1);
  EXPECT_EQ(accounts->accounts(0).name(), deals->opportunities(0).account());
}

TEST_F(ImportRows, A13_WhatIsExportedCanBeImportedAgain) {
  ImportContacts(absl::StrCat(kContactPlan, R"( mode: UPSERT system: 's'
          columns { column: 'Id' field: 'name' key: true })"),
                 "Id,First,Last,Mail\n1,Ada,L,ada@x.org\n2,Bob,M,bob@x.org\n");
  const auto started =
      Call<Operation>("crm.operational.v1.ContactBulkService.ExportContacts",
                      v1::ExportContactsRequest());
  ASSERT_THAT(started, IsOk());
  Await(started->name());
  platform::v1::ReadOperationOutputRequest read;
  read.set_name(started->name());
  const auto output = Call<platform::v1::ReadOperationOutputResponse>(
      "crm.platform.v1.Operations.ReadOperationOutput", read);
  ASSERT_THAT(output, IsOk());

  const Operation again =
      ImportContacts("format: NDJSON mode: UPSERT", output->content(), 100);
  const Operation mapped = ImportContacts(
      "format: NDJSON columns { column: 'displayName' field: 'display_name' }",
      output->content());

  EXPECT_THAT(ResultOf<ImportResult>(again),
              EqualsProto("state: SUCCEEDED row_count: 2 unchanged_count: 2"));
  EXPECT_THAT(ResultOf<ImportResult>(mapped),
              EqualsProto("state: SUCCEEDED row_count: 2 created_count: 2"));
  EXPECT_THAT(ContactNames(), ElementsAre("Ada L", "Ada L", "Bob M", "Bob M"));
}

}  // namespace
}  // namespace crm::testing

// What becomes of the values of other systems' exports, as callers of the
// operational service see it.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/account.pb.h"
#include "crm/operational/v1/account_bulk.pb.h"
#include "crm/operational/v1/opportunity.pb.h"
#include "crm/operational/v1/opportunity_bulk.pb.h"
#include "gmock/gmock.h"
#include "tests/conformance/import_fixture.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::operational::v1;
using ::crm::platform::v1::ImportFailure;
using ::crm::platform::v1::ImportResult;
using ::google::longrunning::Operation;
using ::testing::HasSubstr;

using ImportMappingRows = ImportRows;

TEST_F(ImportMappingRows, GX_03_ExportsOfSalesforceKeepTheirLinks) {
  const auto import_all = [this] {
    std::vector<ImportResult> results;
    results.push_back(ResultOf<ImportResult>(Import<v1::ImportAccountsRequest>(
        "AccountBulkService.ImportAccounts",
        "format: CSV preset: SALESFORCE mode: UPSERT",
        "\"Id\",\"Name\",\"Website\",\"NumberOfEmployees\",\"ParentId\"\n"
        "\"001A1\",\"North\",\"north.example\",\"250\",\"\"\n"
        "\"001A2\",\"North Labs\",\"\",\"20\",\"001A1\"\n")));
    results.push_back(ResultOf<ImportResult>(ImportContacts(
        "format: CSV preset: SALESFORCE mode: UPSERT",
        "\"Id\",\"FirstName\",\"LastName\",\"Email\",\"Title\",\"AccountId\"\n"
        "\"003C1\",\"Ada\",\"Lovelace\",\"ada@north.example\",\"CTO\","
        "\"001A2\"\n"
        "\"003C2\",\"\",\"Noone\",\"\",\"\",\"001A9\"\n")));
    results.push_back(
        ResultOf<ImportResult>(Import<v1::ImportOpportunitiesRequest>(
            "OpportunityBulkService.ImportOpportunities",
            "format: CSV preset: SALESFORCE mode: UPSERT",
            "\"Id\",\"Name\",\"Amount\",\"CurrencyIsoCode\",\"CloseDate\","
            "\"AccountId\"\n"
            "\"006D1\",\"Big deal\",\"1200.50\",\"EUR\",\"2026-06-30\","
            "\"001A2\"\n")));
    return results;
  };

  const std::vector<ImportResult> first = import_all();
  const std::vector<ImportResult> second = import_all();

  EXPECT_THAT(first[0], EqualsProto("state: SUCCEEDED row_count: 2 "
                                    "created_count: 2"));
  EXPECT_THAT(first[1], EqualsProto("state: SUCCEEDED row_count: 2 "
                                    "created_count: 1 failed_count: 1"));
  EXPECT_THAT(first[2], EqualsProto("state: SUCCEEDED row_count: 1 "
                                    "created_count: 1"));
  EXPECT_THAT(second[0], EqualsProto("state: SUCCEEDED row_count: 2 "
                                     "unchanged_count: 2"));
  EXPECT_THAT(second[1], EqualsProto("state: SUCCEEDED row_count: 2 "
                                     "unchanged_count: 1 failed_count: 1"));
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
              EqualsProto("system: 'salesforce' external_id: '006D1'"));
  v1::ListAccountsRequest children;
  children.set_filter("parent_account.display_name = \"North\"");
  const auto accounts = Call<v1::ListAccountsResponse>(
      "crm.operational.v1.AccountService.ListAccounts", children);
  ASSERT_THAT(accounts, IsOk());
  ASSERT_EQ(accounts->accounts_size(), 1);
  EXPECT_EQ(accounts->accounts(0).name(), deals->opportunities(0).account());
  const std::vector<v1::Contact> contacts = Contacts();
  ASSERT_EQ(contacts.size(), 1u);
  EXPECT_EQ(contacts[0].display_name(), "Ada Lovelace");
  EXPECT_EQ(contacts[0].job_title(), "CTO");
  EXPECT_EQ(contacts[0].account(), deals->opportunities(0).account());
}

constexpr char kPhones[] =
    "Name,Phone\n"
    "Ada,(415) 555-0100\n"
    "Bob,+49 30 123456\n"
    "Cyd,not a number\n"
    "Dan,415-555-0101 ext. 12\n";

TEST_F(ImportMappingRows, A10_NationalPhoneNumbersAreReadInTheRegionOfThePlan) {
  const std::string columns =
      " columns { column: 'Name' field: 'display_name' } "
      "columns { column: 'Phone' field: 'phone' }";

  const Operation read =
      ImportContacts("format: CSV region: 'US'" + columns, kPhones);

  EXPECT_THAT(ResultOf<ImportResult>(read),
              EqualsProto("state: SUCCEEDED row_count: 4 created_count: 2 "
                          "failed_count: 2"));
  std::vector<std::string> phones;
  for (const v1::Contact& contact : Contacts()) {
    phones.push_back(contact.display_name() + " " + contact.phone());
  }
  EXPECT_THAT(phones, ::testing::UnorderedElementsAre("Ada +14155550100",
                                                      "Bob +4930123456"));
  const std::vector<ImportFailure> failures = Failures(read.name());
  ASSERT_EQ(failures.size(), 2u);
  EXPECT_EQ(failures[0].row(), 3);
  EXPECT_EQ(failures[0].violations().at("contact.phone"),
            "must be a phone number.");
  EXPECT_THAT(failures[1].violations().at("contact.phone"),
              HasSubstr("without an extension"));
}

TEST_F(ImportMappingRows, A10_ARegionThatThereIsNotIsRefused) {
  for (const char* region : {"XX", "us1", "?"}) {
    const auto refused = StartAs<v1::ImportContactsRequest>(
        boss_, "ContactBulkService.ImportContacts",
        absl::StrCat("format: CSV region: '", region,
                     "' columns { column: 'Phone' field: 'phone' }"));
    ASSERT_EQ(FieldViolations(refused.status()).size(), 1u) << region;
    EXPECT_EQ(FieldViolations(refused.status())[0].field, "plan.region")
        << region;
  }
  const auto whole = StartAs<v1::ImportContactsRequest>(
      boss_, "ContactBulkService.ImportContacts",
      "format: NDJSON region: 'US'");
  ASSERT_EQ(FieldViolations(whole.status()).size(), 1u) << whole.status();
  EXPECT_EQ(FieldViolations(whole.status())[0].field, "plan.region");
}

}  // namespace
}  // namespace crm::testing

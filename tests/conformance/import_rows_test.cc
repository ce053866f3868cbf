// Rows of the capability list on bringing many rows in, as callers of the
// operational service see them.

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "crm/operational/v1/product.pb.h"
#include "crm/operational/v1/product_bulk.pb.h"
#include "tests/conformance/import_fixture.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::operational::v1;
using ::crm::platform::v1::ImportFailure;
using ::crm::platform::v1::ImportResult;
using ::google::longrunning::Operation;
using ::testing::ElementsAre;
using ::testing::SizeIs;

TEST_F(ImportRows, A10_RowsBecomeResourcesAndFailedOnesAreTold) {
  // Cut anywhere, with a mark of the byte order and rows of every kind.
  const Operation operation =
      ImportContacts(kContactPlan,
                     "\xEF\xBB\xBF"
                     "Last,First,Mail,Other\r\n"
                     "Lovelace,Ada,ada@example.org,x\r\n"
                     "Miller,Bob,no mail,x\r\n"
                     "\"Hop\"\"per\",\"Grace\nB.\",,x\r\n"
                     "one,two\r\n"
                     "Wrong,\"Quo\"te,,x\r\n"
                     "\xFF,Bytes,,x\r\n"
                     "Turing,Alan,alan@example.org,",
                     7);

  EXPECT_THAT(ResultOf<ImportResult>(operation),
              EqualsProto("state: SUCCEEDED row_count: 7 created_count: 3 "
                          "failed_count: 4"));
  EXPECT_THAT(ContactNames(),
              ElementsAre("Ada Lovelace", "Alan Turing", "Grace\nB. Hop\"per"));
  const std::vector<ImportFailure> failures = Failures(operation.name());
  ASSERT_THAT(failures, SizeIs(4));
  EXPECT_EQ(failures[0].row(), 2);
  EXPECT_EQ(failures[0].code(), "INVALID_ARGUMENT");
  EXPECT_EQ(failures[0].content(), "Miller,Bob,no mail,x\r\n");
  EXPECT_EQ(failures[0].violations().count("contact.email"), 1u);
  for (int i = 1; i < 4; ++i) {
    EXPECT_EQ(failures[i].row(), i + 3);
    EXPECT_EQ(failures[i].reason(), "MALFORMED_ROW");
  }
}

TEST_F(ImportRows, A10_RowsThatTheRulesRefuseFailAlone) {
  const Operation operation = Import<v1::ImportProductsRequest>(
      "ProductBulkService.ImportProducts",
      "format: CSV columns { column: 'sku' field: 'sku' } "
      "columns { column: 'name' field: 'display_name' } "
      "columns { column: 'price' field: 'list_price' } "
      "constants { key: 'list_price.currency_code' value: 'USD' }",
      "sku,name,price\nA,Anvil,12.50\nA,Again,1\nB,Bell,\nC,Cart,3\n");

  EXPECT_THAT(ResultOf<ImportResult>(operation),
              EqualsProto("state: SUCCEEDED row_count: 4 created_count: 3 "
                          "failed_count: 1"));
  const std::vector<ImportFailure> failures = Failures(operation.name());
  ASSERT_THAT(failures, SizeIs(1));
  EXPECT_EQ(failures[0].row(), 2);
  EXPECT_EQ(failures[0].code(), "ALREADY_EXISTS");
  v1::ListProductsRequest request;
  request.set_filter("sku = \"A\" OR sku = \"B\"");
  request.set_order_by("sku");
  const auto listed = Call<v1::ListProductsResponse>(
      "crm.operational.v1.ProductService.ListProducts", request);
  ASSERT_THAT(listed, IsOk());
  ASSERT_EQ(listed->products_size(), 2);
  EXPECT_THAT(listed->products(0).list_price(),
              EqualsProto("currency_code: 'USD' units: 12 nanos: 500000000"));
  // A row without a price has no currency either.
  EXPECT_FALSE(listed->products(1).has_list_price());
}

TEST_F(ImportRows, A10_PartsComeInOrderAndARepeatIsAnsweredAgain) {
  const auto started = StartAs<v1::ImportContactsRequest>(
      boss_, "ContactBulkService.ImportContacts", kContactPlan);
  ASSERT_THAT(started, IsOk());
  const std::string& name = started->name();

  EXPECT_THAT(Add(name, 2, "x"), StatusIs(absl::StatusCode::kFailedPrecondition,
                                          "IMPORT_PART_MISSING"));
  EXPECT_THAT(Add(name, 1, "First,Last\nAda,L\n"), IsOk());
  EXPECT_THAT(Add(name, 1, "First,Last\nAda,L\n"), IsOk());
  EXPECT_THAT(
      Add(name, 1, "First,Last\nBob,M\n"),
      StatusIs(absl::StatusCode::kFailedPrecondition, "IMPORT_PART_DIFFERS"));
  EXPECT_THAT(Add(name, 2, "Eve,N\n", true), IsOk());
  EXPECT_THAT(Add(name, 2, "Eve,N\n", true), IsOk());
  EXPECT_EQ(ResultOf<ImportResult>(Await(name)).created_count(), 2);
  // What came is answered as it was, however long ago the import ended.
  EXPECT_THAT(Add(name, 1, "First,Last\nAda,L\n"), IsOk());
  EXPECT_THAT(Add(name, 2, "Eve,N\n", true), IsOk());
  EXPECT_THAT(
      Add(name, 2, "Eve,N\n"),
      StatusIs(absl::StatusCode::kFailedPrecondition, "IMPORT_PART_DIFFERS"));
  EXPECT_THAT(
      Add(name, 3, "Bob,M\n"),
      StatusIs(absl::StatusCode::kFailedPrecondition, "IMPORT_INPUT_ENDED"));
  EXPECT_THAT(ContactNames(), ElementsAre("Ada L", "Eve N"));
  EXPECT_THAT(Add("operations/operational-none", 1, "x"),
              StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
}

TEST_F(ImportRows, A10_WhoMayNotCreateMayNotImport) {
  // What a role grants for some rows only, an import does for those.
  const std::string marketer =
      authority_.Token("acme", "user:mia", {"marketer"});
  EXPECT_THAT(
      StartAs<v1::ImportContactsRequest>(
          marketer, "ContactBulkService.ImportContacts", kContactPlan),
      StatusIs(absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED"));
  const auto started = StartAs<v1::ImportContactsRequest>(
      boss_, "ContactBulkService.ImportContacts", kContactPlan);
  ASSERT_THAT(started, IsOk());
  // Another caller's import, and another tenant's, are not there.
  for (const auto& [tenant, subject] :
       {std::pair("acme", "user:eve"), std::pair("umbra", "user:boss")}) {
    platform::v1::AddImportRowsRequest request;
    request.set_name(started->name());
    request.set_part(1);
    EXPECT_THAT(
        service_.client().Call<platform::v1::AddImportRowsResponse>(
            "crm.platform.v1.ImportService.AddImportRows", request,
            {.token = authority_.Token(tenant, subject, {"tenant_admin"})}),
        StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
  }
}

TEST_F(ImportRows, A10_APlanThatCannotWorkIsRefusedWithAllThatIsWrong) {
  const auto started = StartAs<v1::ImportContactsRequest>(
      boss_, "ContactBulkService.ImportContacts", R"(
      format: CSV mode: UPSERT delimiter: 'x'
      columns { column: 'A' field: 'no_such' }
      columns { column: 'B' field: 'account' key: true }
      columns { column: 'C' field: 'email' key: true }
      constants { key: 'etag' value: '1' })");
  EXPECT_EQ(started.status().code(), absl::StatusCode::kInvalidArgument);
  std::vector<std::string> fields;
  for (const FieldViolation& violation : FieldViolations(started.status())) {
    fields.push_back(violation.field);
  }
  EXPECT_THAT(fields, ::testing::UnorderedElementsAre(
                          "plan.columns[0].field", "plan.columns[2].field",
                          "plan.constants[\"etag\"]", "plan.delimiter",
                          "plan.system", "plan.mode"));
  const Operation operation = ImportContacts(kContactPlan, "First,Name\nA,B\n");
  EXPECT_THAT(
      FromRpcStatus(operation.error()),
      StatusIs(absl::StatusCode::kInvalidArgument, "IMPORT_COLUMN_MISSING"));
}

TEST_F(ImportRows, A10_PAIN_08_AnImportGoesOnAfterAStop) {
  std::string rows = "First,Last\n";
  for (int i = 0; i < 3'000; ++i) absl::StrAppend(&rows, "Ada,", i, "\n");
  const auto started = StartAs<v1::ImportContactsRequest>(
      boss_, "ContactBulkService.ImportContacts", kContactPlan);
  ASSERT_THAT(started, IsOk());
  ASSERT_THAT(Add(started->name(), 1, rows.substr(0, rows.size() / 2)), IsOk());
  while (Contacts().empty()) std::this_thread::yield();

  service_.Restart();
  ASSERT_THAT(Add(started->name(), 2, rows.substr(rows.size() / 2), true),
              IsOk());

  EXPECT_THAT(
      ResultOf<ImportResult>(Await(started->name())),
      EqualsProto("state: SUCCEEDED row_count: 3000 created_count: 3000"));
  EXPECT_THAT(ContactNames(), SizeIs(3'000));
}

}  // namespace
}  // namespace crm::testing

// Exports as CSV, as callers of the operational service see them.

#include <string>

#include "absl/strings/str_cat.h"
#include "crm/platform/v1/exports.pb.h"
#include "tests/conformance/import_fixture.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::operational::v1;
using ::crm::platform::v1::ExportResult;
using ::google::longrunning::Operation;

class ExportRows : public ImportRows {
 protected:
  absl::StatusOr<Operation> Start(const std::string& token,
                                  const std::string& text) {
    return service_.client().Call<Operation>(
        "crm.operational.v1.ContactBulkService.ExportContacts",
        Proto<v1::ExportContactsRequest>(text), {.token = token});
  }

  // Returns all that the boss's export of `text` writes.
  std::string Export(const std::string& text) {
    const auto started = Start(boss_, text);
    EXPECT_THAT(started, IsOk());
    if (!started.ok()) return "";
    last_ = Await(started->name());
    platform::v1::ReadOperationOutputRequest request;
    request.set_name(started->name());
    std::string content;
    do {
      const auto part = Call<platform::v1::ReadOperationOutputResponse>(
          "crm.platform.v1.Operations.ReadOperationOutput", request);
      EXPECT_THAT(part, IsOk());
      if (!part.ok()) break;
      content += part->content();
      request.set_page_token(part->next_page_token());
    } while (!request.page_token().empty());
    return content;
  }

  Operation last_;
};

TEST_F(ExportRows, A13_CsvHasTheColumnsThatWereChosen) {
  ImportContacts(kContactPlan,
                 "First,Last,Mail\n"
                 "Ada,\"L, \"\"Countess\"\"\",ada@example.org\n"
                 "=1+1,x,\n");

  EXPECT_EQ(Export("order_by: 'display_name desc' plan { format: CSV "
                   "columns { field: 'display_name' column: 'Who' } "
                   "columns { field: 'email' } "
                   "columns { field: 'labels.none' column: '=cmd' } }"),
            "\"Who\",\"email\",\"'=cmd\"\r\n"
            "\"Ada L, \"\"Countess\"\"\",\"ada@example.org\",\"\"\r\n"
            "\"'=1+1 x\",\"\",\"\"\r\n");
  EXPECT_EQ(ResultOf<ExportResult>(last_).resource_count(), 2);
  EXPECT_EQ(Export("filter: 'display_name = \"nobody\"' plan { format: CSV "
                   "delimiter: ';' columns { field: 'email' } "
                   "columns { field: 'uid' } }"),
            "\"email\";\"uid\"\r\n");
}

TEST_F(ExportRows, A13_CsvOfManyPagesIsImportedAgainAsItWas) {
  std::string rows = "First,Last,Mail\n";
  for (int i = 0; i < 2'500; ++i) {
    absl::StrAppend(&rows, "Ada,", i, ",ada", i, "@example.org\n");
  }
  ImportContacts(kContactPlan, rows);

  const std::string csv = Export(
      "plan { format: CSV columns { field: 'name' } "
      "columns { field: 'display_name' } columns { field: 'email' } }");
  const Operation again = ImportContacts(
      "format: CSV mode: UPSERT columns { column: 'name' field: 'name' } "
      "columns { column: 'display_name' field: 'display_name' } "
      "columns { column: 'email' field: 'email' }",
      csv);

  EXPECT_THAT(ResultOf<platform::v1::ImportResult>(again),
              EqualsProto("state: SUCCEEDED row_count: 2500 "
                          "unchanged_count: 2500"));
}

TEST_F(ExportRows, A13_WithoutColumnsAllFieldsThatAreTextAreWritten) {
  ImportContacts(kContactPlan, "First,Last,Mail\nAda,L,ada@example.org\n");

  const std::string csv = Export("plan { format: CSV }");

  const std::string header = csv.substr(0, csv.find("\r\n"));
  for (const char* column :
       {"name", "uid", "display_name", "email", "etag", "create_time"}) {
    EXPECT_NE(header.find(absl::StrCat("\"", column, "\"")), header.npos)
        << header;
  }
  EXPECT_EQ(header.find("labels"), header.npos) << header;
}

TEST_F(ExportRows, A13_SaysAllThatIsWrongWithThePlan) {
  const auto refused =
      Start(boss_,
            "plan { format: CSV columns { field: 'email' } "
            "columns { field: 'no_such' } columns { field: 'labels' } }");
  ASSERT_EQ(FieldViolations(refused.status()).size(), 2u) << refused.status();
  EXPECT_EQ(FieldViolations(refused.status())[0].field,
            "plan.columns[1].field");
  EXPECT_EQ(FieldViolations(refused.status())[1].field,
            "plan.columns[2].field");
  const auto of_json =
      Start(boss_, "plan { delimiter: 'x' columns { field: 'email' } }");
  EXPECT_EQ(FieldViolations(of_json.status()).size(), 2u) << of_json.status();
}

}  // namespace
}  // namespace crm::testing

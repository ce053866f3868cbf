// Files of objects: rows become objects of one type, by its fields and rules.

#include <string>

#include "crm/operational/v1/object_bulk.pb.h"
#include "crm/platform/v1/imports.pb.h"
#include "crm/platform/v1/operations.pb.h"
#include "google/longrunning/operations.pb.h"
#include "tests/conformance/objects_fixture.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::operational::v1;
using ::crm::platform::v1::ImportResult;
using ::google::longrunning::Operation;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class CustomObjectsImport : public CustomObjects {
 protected:
  void SetUp() override {
    ASSERT_THAT(MakeType("vehicles"), IsOk());
    ASSERT_THAT(MakeType("sites"), IsOk());
    DefineOf("vehicles", "seats", "type: INTEGER indexed: true max_value: 100");
    DefineOf("sites", "seats", "type: TEXT");
  }

  absl::StatusOr<Operation> Start(absl::string_view parent,
                                  absl::string_view plan) {
    return Call<Operation, v1::ImportObjectsRequest>(
        "ObjectBulkService.ImportObjects",
        absl::StrCat("parent: '", parent, "' plan { ", plan, " }"));
  }

  // Imports `content` and returns what came of it.
  ImportResult Import(absl::string_view parent, absl::string_view plan,
                      const std::string& content) {
    auto operation = Start(parent, plan);
    EXPECT_THAT(operation, IsOk());
    if (!operation.ok()) return {};
    platform::v1::AddImportRowsRequest rows;
    rows.set_name(operation->name());
    rows.set_part(1);
    rows.set_content(content);
    rows.set_last(true);
    EXPECT_THAT(service_.client().Call<platform::v1::AddImportRowsResponse>(
                    "crm.platform.v1.ImportService.AddImportRows", rows,
                    {.token = token_}),
                IsOk());
    platform::v1::WaitOperationRequest wait;
    wait.set_name(operation->name());
    while (operation.ok() && !operation->done()) {
      operation = service_.client().Call<Operation>(
          "crm.platform.v1.Operations.WaitOperation", wait, {.token = token_});
    }
    ImportResult result;
    EXPECT_TRUE(operation.ok() && operation->response().UnpackTo(&result));
    return result;
  }
};

constexpr char kPlan[] =
    "format: CSV mode: UPSERT system: 'fleet' columns { column: 'Id' field: "
    "'name' key: true } columns { column: 'Name' field: 'display_name' } "
    "columns { column: 'Seats' field: 'custom_fields.seats' }";

TEST_F(CustomObjectsImport, A32_RowsBecomeObjectsOfTheTypeAndOnceAlone) {
  const std::string rows = "Id,Name,Seats\n1,Van,3\n2,Bus,50\n3,Ship,5000\n";

  const ImportResult first = Import("objectTypes/vehicles", kPlan, rows);
  const ImportResult again = Import("objectTypes/vehicles", kPlan, rows);
  // Of sites the same column is a text.
  const ImportResult sites = Import("objectTypes/sites", kPlan, rows);

  EXPECT_EQ(first.created_count(), 2);
  EXPECT_EQ(first.failed_count(), 1);
  EXPECT_EQ(again.created_count(), 0);
  EXPECT_EQ(again.unchanged_count(), 2);
  EXPECT_EQ(sites.created_count(), 3);
  EXPECT_THAT(Objects("vehicles", "custom_fields.seats > 10"),
              IsOkAndHolds(SizeIs(1)));
  EXPECT_THAT(Objects("sites", "custom_fields.seats = \"5000\""),
              IsOkAndHolds(SizeIs(1)));
}

TEST_F(CustomObjectsImport, A32_RowsThatNameAnotherTypeFailAlone) {
  const ImportResult result = Import(
      "objectTypes/vehicles", "format: NDJSON mode: CREATE",
      "{\"name\":\"objectTypes/vehicles/objects/van\",\"displayName\":\"Van\"}"
      "\n{\"name\":\"objectTypes/sites/objects/lot\",\"displayName\":\"Lot\"}"
      "\n{\"displayName\":\"Bus\"}\n");

  EXPECT_EQ(result.created_count(), 2);
  EXPECT_EQ(result.failed_count(), 1);
  EXPECT_THAT(Objects("-", "display_name = Van OR display_name = Lot"),
              IsOkAndHolds(ElementsAre("vehicles/van")));
}

TEST_F(CustomObjectsImport, A32_AnImportIsIntoOneType) {
  for (const char* parent : {"", "objectTypes/-", "leads/ada"}) {
    EXPECT_THAT(Violations(Start(parent, kPlan).status()),
                ElementsAre(HasSubstr("parent")))
        << parent;
  }
}

}  // namespace
}  // namespace crm::testing

// The part of DatabaseContract that is about Database::Migrate().

#include <utility>

#include "gmock/gmock.h"
#include "shared/base/status_macros.h"
#include "tests/shared/storage/database_contract.h"
#include "tests/support/matchers.h"

namespace crm::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST_P(DatabaseContract, MigratesOnceAndThenFinds) {
  const absl::StatusOr<MigrationResult> again =
      database_->Migrate(ItemSchema());

  ASSERT_THAT(again, IsOk());
  EXPECT_FALSE(again->created);
  EXPECT_EQ(again->statement_count, 0);
}

TEST_P(DatabaseContract, F40_AddsColumnsAndIndexesToRowsThatExist) {
  ASSERT_THAT(Insert(1, "a@x"), IsOk());
  SqlSchema schema = ItemSchema();
  schema.tables[0].columns.push_back({.name = "stage",
                                      .type = SqlType::kText,
                                      .nullable = false,
                                      .default_value = "it's new"});
  schema.tables[0].indexes.push_back(
      {.name = "items_by_stage", .columns = {"stage", "id"}});
  schema.tables.push_back({.name = "notes",
                           .columns = {{.name = "tenant"}, {.name = "id"}},
                           .primary_key = {"tenant", "id"},
                           .clustered = true});

  const absl::StatusOr<MigrationResult> result = database_->Migrate(schema);

  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->statement_count, 3);
  EXPECT_THAT(result->added_columns,
              ElementsAre(AddedColumn{"items", "stage"}));
  SqlRows rows;
  ASSERT_THAT(
      database_->Read(Soon(),
                      [&](SqlReader& reader) -> absl::Status {
                        CRM_ASSIGN_OR_RETURN(
                            rows, reader.Query("SELECT stage FROM items", {}));
                        return absl::OkStatus();
                      }),
      IsOk());
  EXPECT_THAT(rows, ElementsAre(SqlRow{"it's new"}));
}

TEST_P(DatabaseContract, ChangesNothingWhenAMigrationConflicts) {
  SqlSchema schema = ItemSchema();
  schema.tables.insert(
      schema.tables.begin(),
      {.name = "first", .columns = {{.name = "id"}}, .primary_key = {"id"}});
  schema.tables[1].columns[2].type = SqlType::kText;

  const absl::StatusOr<MigrationResult> result = database_->Migrate(schema);

  EXPECT_THAT(result, StatusIs(absl::StatusCode::kFailedPrecondition,
                               "SCHEMA_CONFLICT"));
  EXPECT_THAT(result.status().message(), HasSubstr("'items.score'"));
  EXPECT_THAT(database_->Read(
                  Soon(),
                  [](SqlReader& reader) {
                    return reader.Query("SELECT id FROM first", {}).status();
                  }),
              StatusIs(absl::StatusCode::kInternal, "STORAGE_ERROR"));
}

TEST_P(DatabaseContract, F40_RefusesAStoreOfANewerProgram) {
  SqlSchema newer = ItemSchema();
  newer.version = 3;
  newer.min_writer = 2;
  ASSERT_THAT(database_->Migrate(newer), IsOk());

  SqlSchema previous = ItemSchema();
  previous.version = 2;
  EXPECT_THAT(database_->Migrate(previous), IsOk());
  EXPECT_THAT(
      database_->Migrate(ItemSchema()),
      StatusIs(absl::StatusCode::kFailedPrecondition, "SCHEMA_TOO_NEW"));
}

}  // namespace
}  // namespace crm::testing

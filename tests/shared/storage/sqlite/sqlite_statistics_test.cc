#include "shared/storage/sqlite/sqlite_statistics.h"

#include <filesystem>
#include <memory>
#include <string>
#include <variant>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/status_macros.h"
#include "shared/storage/sqlite/sqlite_database.h"
#include "tests/shared/storage/database_contract.h"
#include "tests/support/matchers.h"

namespace crm::testing {
namespace {

using ::testing::HasSubstr;

// A table as that of a resource.
SqlSchema Things() {
  return {.tables = {{.name = "things",
                      .columns = {{"tenant", SqlType::kText, false, {}},
                                  {"name", SqlType::kText, false, {}},
                                  {"delete_time", SqlType::kInteger, true, {}},
                                  {"body", SqlType::kBlob, false, {}},
                                  {"email", SqlType::kText, true, {}}},
                      .primary_key = {"tenant", "name"},
                      .clustered = true,
                      .indexes = {{.name = "by_email",
                                   .columns = {"tenant", "email", "name"}}}}}};
}

class SqliteStatistics : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = MakeFolder();
    Open();
  }

  void TearDown() override {
    database_.reset();
    std::filesystem::remove_all(folder_);
  }

  void Open() {
    database_.reset();
    auto opened = OpenSqlite({.path = absl::StrCat(folder_, "/test.db"),
                              .min_free_bytes = 0,
                              .min_free_fraction = 0});
    ASSERT_THAT(opened, IsOk());
    database_ = *std::move(opened);
    ASSERT_THAT(database_->Migrate(Things()), IsOk());
  }

  // Returns how a page of a list with `email = "..."` is found.
  std::string PlanOfFilter() {
    std::string plan;
    EXPECT_THAT(
        database_->Read(
            absl::InfiniteFuture(),
            [&](SqlReader& reader) -> absl::Status {
              // A plan alone does not notice that another
              // connection has changed the schema.
              CRM_RETURN_IF_ERROR(
                  reader.Query("SELECT name FROM things", {}).status());
              CRM_ASSIGN_OR_RETURN(
                  const SqlRows rows,
                  reader.Query("EXPLAIN QUERY PLAN SELECT body, name "
                               "FROM things WHERE tenant = ? AND "
                               "delete_time IS NULL AND (email = ?) "
                               "ORDER BY name DESC LIMIT 51",
                               {std::string("acme"), std::string("a@x")}));
              plan = std::get<std::string>(rows.at(0).at(3));
              return absl::OkStatus();
            }),
        IsOk());
    return plan;
  }

  std::string folder_;
  std::unique_ptr<Database> database_;
};

// By the primary key the rows come in the wanted order too, but all of the
// tenant's are read.
TEST_F(SqliteStatistics, LetAFilterReadTheRowsThatItFindsOnly) {
  EXPECT_THAT(PlanOfFilter(), HasSubstr("by_email (tenant=? AND email=?)"));
}

TEST_F(SqliteStatistics, AreAddedToAStoreThatIsOlderThanThey) {
  ASSERT_THAT(database_->WriteAndWait(absl::InfiniteFuture(),
                                      [](SqlWriter& writer) {
                                        return writer.Post(
                                            "DROP TABLE sqlite_stat1", {});
                                      }),
              IsOk());

  Open();

  EXPECT_THAT(PlanOfFilter(), HasSubstr("by_email (tenant=? AND email=?)"));
}

}  // namespace
}  // namespace crm::testing

// A migration that breaks off at any of its operations on the disk is done by
// the next start, and nothing of it twice.

#include <filesystem>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/status_macros.h"
#include "shared/storage/sqlite/sqlite_database.h"
#include "tests/shared/storage/database_contract.h"
#include "tests/support/faulty_disk.h"
#include "tests/support/matchers.h"

namespace crm::testing {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kRows = 40;
// More operations than a migration makes.
constexpr int kMaxOperations = 2000;
constexpr int64_t kForEver = 1'000'000;

SqlSchema NextSchema() {
  SqlSchema schema = ItemSchema();
  schema.tables[0].columns.push_back({.name = "stage",
                                      .type = SqlType::kText,
                                      .nullable = false,
                                      .default_value = "new"});
  schema.tables[0].indexes.push_back(
      {.name = "items_by_stage", .columns = {"stage", "id"}});
  schema.tables.push_back({.name = "notes",
                           .columns = {{.name = "tenant"}, {.name = "id"}},
                           .primary_key = {"tenant", "id"}});
  return schema;
}

class MigrationFaultsTest : public ::testing::Test {
 protected:
  MigrationFaultsTest()
      : folder_(MakeFolder()),
        store_(absl::StrCat(folder_, "/store.db")),
        before_(absl::StrCat(folder_, "/before.db")) {}
  ~MigrationFaultsTest() override { fs::remove_all(folder_); }

  absl::StatusOr<std::unique_ptr<Database>> Open() {
    return OpenSqlite({.path = store_,
                       .readers = 1,
                       .min_free_bytes = 0,
                       .min_free_fraction = 0,
                       .vfs = disk_.vfs()});
  }

  // Makes the store that is migrated.
  void MakeStore() {
    auto database = Open();
    ASSERT_THAT(database, IsOk());
    ASSERT_THAT((*database)->Migrate(ItemSchema()), IsOk());
    for (int64_t id = 0; id < kRows; ++id) {
      ASSERT_THAT((*database)->WriteAndWait(
                      absl::InfiniteFuture(),
                      [id](SqlWriter& writer) {
                        return writer
                            .Execute("INSERT INTO items (id) VALUES (?)", {id})
                            .status();
                      }),
                  IsOk());
    }
    ASSERT_THAT((*database)->Close(), IsOk());
    database->reset();
    fs::copy_file(store_, before_);
  }

  void PutBack() {
    for (const char* suffix : {"-wal", "-shm", "-journal"}) {
      fs::remove(store_ + suffix);
    }
    fs::copy_file(before_, store_, fs::copy_options::overwrite_existing);
  }

  static SqlValue One(Database& database, absl::string_view sql) {
    SqlValue value;
    EXPECT_THAT(database.Read(absl::InfiniteFuture(),
                              [&](SqlReader& reader) -> absl::Status {
                                CRM_ASSIGN_OR_RETURN(const SqlRows rows,
                                                     reader.Query(sql, {}));
                                value = rows.at(0).at(0);
                                return absl::OkStatus();
                              }),
                IsOk());
    return value;
  }

  // Migrates a disk that is dead from its `nth` operation on, then a good one.
  // Returns whether the migration met a failure.
  bool BreakOffAt(int nth) {
    PutBack();
    bool hit = false;
    {
      auto database = Open();
      EXPECT_THAT(database, IsOk());
      disk_.FailNth(nth, kForEver);
      const auto migrated = (*database)->Migrate(NextSchema());
      hit = disk_.failures() > 0;
      if (!migrated.ok()) ++broken_;
      // It closes as a process that is gone: what it still tries, fails.
    }
    disk_.FailNth(0, 0);

    auto database = Open();
    EXPECT_THAT(database, IsOk());
    EXPECT_THAT((*database)->Migrate(NextSchema()), IsOk());
    const auto again = (*database)->Migrate(NextSchema());
    EXPECT_THAT(again, IsOk());
    EXPECT_EQ(again->statement_count, 0);
    EXPECT_EQ(One(**database, "PRAGMA integrity_check"),
              SqlValue(std::string("ok")));
    EXPECT_EQ(One(**database, "SELECT count(*) FROM items WHERE stage = 'new'"),
              SqlValue(kRows));
    EXPECT_EQ(One(**database, "SELECT count(*) FROM notes"),
              SqlValue(int64_t{0}));
    return hit;
  }

  FaultyDisk disk_;
  const std::string folder_;
  const std::string store_;
  const std::string before_;
  // How many migrations failed.
  int broken_ = 0;
};

TEST_F(MigrationFaultsTest, F40_OneThatBreaksOffAnywhereIsDoneByTheNextStart) {
  MakeStore();

  int nth = 1;
  while (nth < kMaxOperations && !HasFailure() && BreakOffAt(nth)) ++nth;

  EXPECT_GT(broken_, 3);
  EXPECT_LT(nth, kMaxOperations);
}

}  // namespace
}  // namespace crm::testing

// Somebody opens a store with a shell of SQLite while a service has it: the
// lock file keeps only programs out that look for it.

#include <sqlite3.h>

#include <filesystem>
#include <future>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/status_macros.h"
#include "shared/storage/sqlite/sqlite_database.h"
#include "tests/shared/storage/database_contract.h"
#include "tests/support/matchers.h"

namespace crm::testing {
namespace {

using ::testing::ElementsAre;

class ForeignShell : public ::testing::Test {
 protected:
  ForeignShell() : folder_(MakeFolder()), path_(absl::StrCat(folder_, "/db")) {
    auto opened = OpenSqlite(
        {.path = path_, .min_free_bytes = 0, .min_free_fraction = 0});
    EXPECT_THAT(opened, IsOk());
    database_ = *std::move(opened);
    EXPECT_THAT(database_->Migrate(ItemSchema()), IsOk());
    EXPECT_THAT(Insert(1), IsOk());
    EXPECT_EQ(sqlite3_open(path_.c_str(), &shell_), SQLITE_OK);
  }

  ~ForeignShell() override {
    sqlite3_close(shell_);
    database_.reset();
    std::filesystem::remove_all(folder_);
  }

  void Type(const std::string& sql) {
    EXPECT_EQ(sqlite3_exec(shell_, sql.c_str(), nullptr, nullptr, nullptr),
              SQLITE_OK)
        << sqlite3_errmsg(shell_);
  }

  absl::Status Insert(int64_t id) {
    return database_->WriteAndWait(
        absl::InfiniteFuture(), [&](SqlWriter& writer) {
          return writer
              .Execute("INSERT INTO items (id, body) VALUES (?, ?)",
                       {id, SqlBlob{"of the service"}})
              .status();
        });
  }

  std::set<int64_t> ReadIds() {
    std::set<int64_t> ids;
    EXPECT_THAT(database_->Read(absl::InfiniteFuture(),
                                [&](SqlReader& reader) -> absl::Status {
                                  CRM_ASSIGN_OR_RETURN(
                                      const SqlRows rows,
                                      reader.Query("SELECT id FROM items", {}));
                                  for (const SqlRow& row : rows) {
                                    ids.insert(std::get<int64_t>(row[0]));
                                  }
                                  return absl::OkStatus();
                                }),
                IsOk());
    return ids;
  }

  const std::string folder_;
  const std::string path_;
  std::unique_ptr<Database> database_;
  sqlite3* shell_ = nullptr;
};

TEST_F(ForeignShell, F28_WhatItWritesHarmsNoWriteOfTheService) {
  Type("INSERT INTO items (id, body) VALUES (2, 'of the shell')");

  EXPECT_THAT(Insert(3), IsOk());
  EXPECT_THAT(ReadIds(), ElementsAre(1, 2, 3));
}

TEST_F(ForeignShell, F28_AWriteWaitsUntilItLetsGo) {
  Type("BEGIN IMMEDIATE");
  Type("INSERT INTO items (id, body) VALUES (2, 'of the shell')");
  auto written = std::async(std::launch::async, [this] { return Insert(3); });
  EXPECT_THAT(ReadIds(), ElementsAre(1));

  Type("COMMIT");

  EXPECT_THAT(written.get(), IsOk());
  EXPECT_THAT(ReadIds(), ElementsAre(1, 2, 3));
}

TEST_F(ForeignShell, F28_WritesAreRefusedWhileItHoldsTheStoreAndGoOnAfter) {
  Type("BEGIN IMMEDIATE");

  EXPECT_THAT(Insert(2),
              StatusIs(absl::StatusCode::kUnavailable, "STORAGE_BUSY"));
  EXPECT_THAT(ReadIds(), ElementsAre(1));

  Type("ROLLBACK");
  EXPECT_THAT(Insert(2), IsOk());
  EXPECT_THAT(ReadIds(), ElementsAre(1, 2));
}

}  // namespace
}  // namespace crm::testing

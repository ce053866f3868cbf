// A warehouse whose disk fills up within a commit.

#include <filesystem>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/errors.h"
#include "shared/storage/duckdb/duck_database.h"
#include "tests/shared/storage/database_contract.h"
#include "tests/support/matchers.h"
#include "tests/support/small_disk.h"

namespace crm::testing {
namespace {

constexpr int64_t kDiskBytes = 32 << 20;
constexpr int64_t kRowsEach = 1000;

class DuckDiskTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = MakeFolder();
    options_ = {.path = absl::StrCat(folder_, "/warehouse.duckdb"),
                .memory_limit_bytes = int64_t{128} << 20};
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<DuckDatabase> Open() {
    auto opened = DuckDatabase::Open(options_);
    EXPECT_THAT(opened, IsOk());
    return *std::move(opened);
  }

  // Stores kRowsEach rows that no other call stores.
  absl::Status Add(DuckDatabase& database, int64_t number) {
    return database.Transaction([&](DuckWriter& writer) {
      return writer
          .Execute(
              "INSERT INTO facts SELECT ? * ? + range, md5(? || range) || "
              "md5(range || ?) FROM range(?)",
              {number, kRowsEach, number, number, kRowsEach})
          .status();
    });
  }

  // Returns how many rows there are, or -1.
  int64_t Count(DuckDatabase& database) {
    const auto rows = database.Query("SELECT COUNT(*) FROM facts");
    EXPECT_THAT(rows, IsOk());
    return rows.ok() ? std::get<int64_t>((*rows)[0][0]) : -1;
  }

  std::string folder_;
  DuckOptions options_;
};

TEST_F(DuckDiskTest, F22_ReadsAreRightAfterACommitThatFailed) {
  OnSmallDisk(folder_, kDiskBytes, [this] {
    auto database = Open();
    ASSERT_THAT(
        database->Execute("CREATE TABLE facts (id BIGINT PRIMARY KEY, t "
                          "VARCHAR)"),
        IsOk());
    FillDisk(folder_, 12 << 20);
    int64_t stored = 0;
    absl::Status status;
    while (stored < 1000 && status.ok()) {
      status = Add(*database, stored);
      if (status.ok()) ++stored;
    }
    EXPECT_THAT(status,
                StatusIs(absl::StatusCode::kResourceExhausted, "DISK_FULL"));
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(Count(*database), stored * kRowsEach);
      // Small ones may find room.
      status = Add(*database, stored);
      if (status.ok()) ++stored;
    }
    EmptyDisk(folder_);
    ASSERT_THAT(Add(*database, 5000), IsOk());
    EXPECT_EQ(Count(*database), (stored + 1) * kRowsEach);

    database = nullptr;
    database = Open();
    EXPECT_FALSE(database->rebuilt());
    EXPECT_EQ(Count(*database), (stored + 1) * kRowsEach);
  });
}

}  // namespace
}  // namespace crm::testing

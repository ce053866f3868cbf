#include "shared/storage/sqlite/ballast.h"

#include <filesystem>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/status_macros.h"
#include "tests/shared/storage/database_contract.h"
#include "tests/support/matchers.h"
#include "tests/support/small_disk.h"

namespace crm::testing {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kDiskBytes = 12 << 20;
constexpr int64_t kBallastBytes = 2 << 20;

class BallastTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = MakeFolder();
    options_ = {.path = absl::StrCat(folder_, "/test.db"),
                .min_free_bytes = 256 << 10,
                .min_free_fraction = 0,
                .ballast_bytes = kBallastBytes};
  }

  void TearDown() override { fs::remove_all(folder_); }

  std::unique_ptr<Database> Open() {
    auto opened = OpenSqlite(options_);
    EXPECT_THAT(opened, IsOk());
    return *std::move(opened);
  }

  static absl::Status Insert(Database& database, int64_t id, size_t bytes) {
    return database.WriteAndWait(
        absl::InfiniteFuture(), [&](SqlWriter& writer) {
          return writer
              .Execute("INSERT INTO items (id, body) VALUES (?, ?)",
                       {id, SqlBlob{std::string(bytes, 'x')}})
              .status();
        });
  }

  static std::string Check(Database& database, int64_t expected_count) {
    std::string integrity;
    EXPECT_THAT(
        database.Read(absl::InfiniteFuture(),
                      [&](SqlReader& reader) -> absl::Status {
                        CRM_ASSIGN_OR_RETURN(
                            SqlRows rows,
                            reader.Query("SELECT count(*) FROM items", {}));
                        EXPECT_EQ(rows, SqlRows{{SqlValue(expected_count)}});
                        CRM_ASSIGN_OR_RETURN(
                            rows, reader.Query("PRAGMA integrity_check", {}));
                        integrity = std::get<std::string>(rows[0][0]);
                        return absl::OkStatus();
                      }),
        IsOk());
    return integrity;
  }

  int64_t BallastOnDisk() const {
    std::error_code missing;
    const auto bytes = fs::file_size(options_.path + ".ballast", missing);
    return missing ? 0 : static_cast<int64_t>(bytes);
  }

  std::string folder_;
  SqliteOptions options_;
};

TEST_F(BallastTest, LiesBesideTheDatabaseInTheSizeThatIsAskedFor) {
  Open();
  EXPECT_EQ(BallastOnDisk(), kBallastBytes);

  options_.ballast_bytes = kBallastBytes / 2;
  Open();
  EXPECT_EQ(BallastOnDisk(), kBallastBytes / 2);

  options_.ballast_bytes = 0;
  Open();
  EXPECT_EQ(BallastOnDisk(), 0);
}

TEST_F(BallastTest, F22_WritesAreRefusedOnALowDiskAndGoOnByThemselves) {
  OnSmallDisk(folder_, kDiskBytes, [this] {
    const auto database = Open();
    ASSERT_THAT(database->Migrate(ItemSchema()), IsOk());
    ASSERT_THAT(Insert(*database, 1, 1000), IsOk());

    FillDisk(folder_, 128 << 10);
    EXPECT_THAT(Insert(*database, 2, 1000),
                StatusIs(absl::StatusCode::kResourceExhausted, "DISK_LOW"));
    EXPECT_THAT(database->CheckWritable(),
                StatusIs(absl::StatusCode::kResourceExhausted, "DISK_LOW"));
    EXPECT_EQ(Check(*database, 1), "ok");
    // It is low, not full.
    EXPECT_EQ(BallastOnDisk(), kBallastBytes);

    EmptyDisk(folder_);
    EXPECT_THAT(database->CheckWritable(), IsOk());
    EXPECT_THAT(Insert(*database, 3, 1000), IsOk());
    EXPECT_EQ(Check(*database, 2), "ok");
  });
}

TEST_F(BallastTest, F22_IsTakenAgainAfterAWriteThatFilledTheDisk) {
  OnSmallDisk(folder_, kDiskBytes, [this] {
    const auto database = Open();
    ASSERT_THAT(database->Migrate(ItemSchema()), IsOk());
    ASSERT_THAT(Insert(*database, 1, 1 << 20), IsOk());

    FillDisk(folder_, 512 << 10);
    EXPECT_THAT(Insert(*database, 2, 3 << 20),
                StatusIs(absl::StatusCode::kResourceExhausted, "DISK_FULL"));

    // What that write had taken of the disk is free again.
    EXPECT_THAT(Insert(*database, 3, 100), IsOk());
    EXPECT_EQ(BallastOnDisk(), kBallastBytes);
    EXPECT_EQ(Check(*database, 2), "ok");
  });
}

TEST_F(BallastTest, F22_AFullDiskRefusesWritesAndNothingElse) {
  OnSmallDisk(folder_, kDiskBytes, [this] {
    options_.min_free_bytes = 0;
    auto database = Open();
    ASSERT_THAT(database->Migrate(ItemSchema()), IsOk());
    ASSERT_THAT(Insert(*database, 1, 1 << 20), IsOk());
    ASSERT_THAT(database->Close(), IsOk());
    database = Open();

    FillDisk(folder_, 0);
    for (int64_t id = 2; id < 6; ++id) {
      EXPECT_THAT(Insert(*database, id, 100),
                  StatusIs(absl::StatusCode::kResourceExhausted, "DISK_FULL"));
      EXPECT_EQ(Check(*database, 1), "ok");
    }
    EXPECT_THAT(database->Close(), IsOk());
    database = Open();
    EXPECT_EQ(Check(*database, 1), "ok");

    EmptyDisk(folder_);
    EXPECT_THAT(Insert(*database, 6, 100), IsOk());
    EXPECT_EQ(BallastOnDisk(), kBallastBytes);
    EXPECT_EQ(Check(*database, 2), "ok");
  });
}

TEST_F(BallastTest, LetsAStoreCloseWhoseLogIsAllThatFits) {
  OnSmallDisk(folder_, kDiskBytes, [this] {
    options_.checkpoint_bytes = kDiskBytes;
    options_.truncate_bytes = kDiskBytes;
    auto database = Open();
    ASSERT_THAT(database->Migrate(ItemSchema()), IsOk());
    ASSERT_THAT(Insert(*database, 1, 1 << 20), IsOk());

    // The log cannot be copied into a database file that cannot grow.
    FillDisk(folder_, 0);
    EXPECT_THAT(database->Close(), IsOk());
    EXPECT_EQ(BallastOnDisk(), 0);

    database = Open();
    EXPECT_EQ(Check(*database, 1), "ok");
  });
}

}  // namespace
}  // namespace crm::testing

#include "shared/storage/sqlite/reader_pool.h"

#include <filesystem>
#include <memory>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "shared/base/status_macros.h"
#include "tests/shared/storage/database_contract.h"
#include "tests/support/matchers.h"

namespace crm::testing {
namespace {

namespace fs = std::filesystem;

constexpr int kReaders = 3;

class ReaderPoolTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = MakeFolder();
    // A wait for a reader would be a long one.
    auto opened = OpenSqlite({.path = Path(),
                              .readers = kReaders,
                              .read_limit = absl::Minutes(1),
                              .checkpoint_bytes = 64 << 10,
                              .truncate_bytes = 64 << 10,
                              .min_free_bytes = 0,
                              .min_free_fraction = 0});
    ASSERT_THAT(opened, IsOk());
    database_ = *std::move(opened);
    ASSERT_THAT(database_->Migrate(ItemSchema()), IsOk());
  }

  void TearDown() override {
    database_.reset();
    fs::remove_all(folder_);
  }

  std::string Path() const { return absl::StrCat(folder_, "/test.db"); }

  void Insert(int64_t id, size_t bytes) {
    ASSERT_THAT(
        database_->WriteAndWait(absl::InfiniteFuture(),
                                [&](SqlWriter& writer) {
                                  return writer.Post(
                                      "INSERT INTO items (id, body) "
                                      "VALUES (?, ?)",
                                      {id, SqlBlob{std::string(bytes, 'x')}});
                                }),
        IsOk());
  }

  // Has `readers` connections in use at once, and expects each to see `count`
  // rows.
  absl::Status ExpectOnEach(int readers, int64_t count) {
    return database_->Read(
        absl::InfiniteFuture(), [&](SqlReader& reader) -> absl::Status {
          CRM_ASSIGN_OR_RETURN(const SqlRows rows,
                               reader.Query("SELECT count(*) FROM items", {}));
          EXPECT_EQ(std::get<int64_t>(rows[0][0]), count);
          return readers > 1 ? ExpectOnEach(readers - 1, count)
                             : absl::OkStatus();
        });
  }

  int64_t LogBytes() const {
    std::error_code missing;
    const auto size = fs::file_size(Path() + "-wal", missing);
    return missing ? 0 : static_cast<int64_t>(size);
  }

  std::string folder_;
  std::unique_ptr<Database> database_;
};

TEST_F(ReaderPoolTest, ReadsWhatIsAcknowledgedOnEveryConnection) {
  for (int64_t id = 0; id < 3; ++id) {
    EXPECT_THAT(ExpectOnEach(kReaders, id), IsOk());
    EXPECT_THAT(ExpectOnEach(kReaders, id), IsOk());
    Insert(id, 10);
  }
}

TEST_F(ReaderPoolTest, LetsGoOfItsSnapshotsForACheckpoint) {
  ASSERT_THAT(ExpectOnEach(kReaders, 0), IsOk());

  // Beyond the size at which it is truncated, and once more to see it done.
  Insert(1, 200'000);
  Insert(2, 10);

  EXPECT_LT(LogBytes(), 64 << 10);
  EXPECT_THAT(ExpectOnEach(kReaders, 2), IsOk());
}

TEST_F(ReaderPoolTest, KeepsNoSnapshotOfABodyThatFailed) {
  EXPECT_THAT(
      database_->Read(absl::InfiniteFuture(),
                      [](SqlReader& reader) {
                        return reader.Query("SELECT nonsense", {}).status();
                      }),
      StatusIs(absl::StatusCode::kInternal, "STORAGE_ERROR"));
  Insert(1, 10);

  EXPECT_THAT(ExpectOnEach(kReaders, 1), IsOk());
}

}  // namespace
}  // namespace crm::testing

#include "shared/storage/sqlite/sqlite_database.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/status_macros.h"
#include "tests/shared/storage/database_contract.h"
#include "tests/shared/storage/held_writer.h"
#include "tests/support/matchers.h"

namespace crm::testing {
namespace {

namespace fs = std::filesystem;

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Not;

class SqliteDatabase : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = MakeFolder();
    options_ = {.path = absl::StrCat(folder_, "/test.db"),
                .min_free_bytes = 0,
                .min_free_fraction = 0};
  }

  void TearDown() override { fs::remove_all(folder_); }

  std::unique_ptr<Database> Open() {
    auto opened = OpenSqlite(options_);
    EXPECT_THAT(opened, IsOk());
    EXPECT_THAT((*opened)->Migrate(ItemSchema()), IsOk());
    return *std::move(opened);
  }

  static absl::Status Insert(Database& database, int64_t id,
                             std::string body = "") {
    return database.WriteAndWait(
        absl::InfiniteFuture(), [&](SqlWriter& writer) {
          return writer
              .Execute("INSERT INTO items (id, body) VALUES (?, ?)",
                       {id, SqlBlob{body}})
              .status();
        });
  }

  static std::set<int64_t> ReadIds(Database& database) {
    std::set<int64_t> ids;
    EXPECT_THAT(database.Read(absl::InfiniteFuture(),
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

  int64_t WalBytes() const {
    std::error_code missing;
    const auto size = fs::file_size(options_.path + "-wal", missing);
    return missing ? 0 : static_cast<int64_t>(size);
  }

  std::string folder_;
  SqliteOptions options_;
};

SqlValue Pragma(SqlReader& reader, absl::string_view name) {
  const auto rows = reader.Query(absl::StrCat("PRAGMA ", name), {});
  EXPECT_THAT(rows, IsOk());
  return (*rows)[0][0];
}

TEST_F(SqliteDatabase, WritesDurably) {
  const auto database = Open();

  EXPECT_THAT(
      database->WriteAndWait(
          absl::InfiniteFuture(),
          [](SqlWriter& writer) {
            EXPECT_EQ(Pragma(writer, "journal_mode"), SqlValue("wal"));
            EXPECT_EQ(Pragma(writer, "synchronous"), SqlValue(int64_t{2}));
            EXPECT_EQ(Pragma(writer, "wal_autocheckpoint"),
                      SqlValue(int64_t{0}));
            EXPECT_EQ(Pragma(writer, "foreign_keys"), SqlValue(int64_t{1}));
            EXPECT_EQ(Pragma(writer, "trusted_schema"), SqlValue(int64_t{0}));
            EXPECT_EQ(Pragma(writer, "cell_size_check"), SqlValue(int64_t{1}));
            EXPECT_EQ(Pragma(writer, "mmap_size"), SqlValue(int64_t{0}));
            EXPECT_EQ(Pragma(writer, "journal_size_limit"),
                      SqlValue(int64_t{64} << 20));
            EXPECT_EQ(Pragma(writer, "cache_size"),
                      SqlValue(int64_t{-64} * 1024));
            return absl::OkStatus();
          }),
      IsOk());
}

TEST_F(SqliteDatabase, ReadsWithoutCheckpointing) {
  const auto database = Open();

  EXPECT_THAT(database->Read(absl::InfiniteFuture(),
                             [](SqlReader& reader) {
                               EXPECT_EQ(Pragma(reader, "wal_autocheckpoint"),
                                         SqlValue(int64_t{0}));
                               EXPECT_EQ(Pragma(reader, "trusted_schema"),
                                         SqlValue(int64_t{0}));
                               return absl::OkStatus();
                             }),
              IsOk());
}

// The access modes of this process's descriptors of a file.
std::multiset<int> AccessModes(const std::string& path) {
  std::multiset<int> modes;
  for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    if (fs::read_symlink(entry.path(), gone) != path) continue;
    const int descriptor = std::stoi(entry.path().filename().string());
    modes.insert(fcntl(descriptor, F_GETFL) & O_ACCMODE);
  }
  return modes;
}

TEST_F(SqliteDatabase, HasOneConnectionThatCanWrite) {
  const auto database = Open();
  ASSERT_THAT(Insert(*database, 1), IsOk());
  ReadIds(*database);

  const std::multiset<int> modes = AccessModes(fs::canonical(options_.path));

  EXPECT_EQ(modes.count(O_RDWR), 1u);
  EXPECT_EQ(modes.count(O_RDONLY), static_cast<size_t>(options_.readers));
}

TEST_F(SqliteDatabase, LoadsNoExtensions) {
  const auto database = Open();

  EXPECT_THAT(
      database->Read(
          absl::InfiniteFuture(),
          [](SqlReader& reader) {
            return reader.Query("SELECT load_extension('x')", {}).status();
          }),
      StatusIs(absl::StatusCode::kInternal, "STORAGE_ERROR"));
}

TEST_F(SqliteDatabase, EmptiesTheLogWhenItCloses) {
  auto database = Open();
  ASSERT_THAT(Insert(*database, 1, std::string(100'000, 'x')), IsOk());
  ASSERT_GT(WalBytes(), 100'000);

  ASSERT_THAT(database->Close(), IsOk());

  EXPECT_EQ(WalBytes(), 0);
  EXPECT_GT(fs::file_size(options_.path), 100'000u);
}

TEST_F(SqliteDatabase, CopiesTheLogWhenItGrows) {
  options_.checkpoint_bytes = 256 << 10;
  const auto database = Open();

  for (int64_t id = 0; id < 100; ++id) {
    ASSERT_THAT(Insert(*database, id, std::string(20'000, 'x')), IsOk());
  }

  EXPECT_GT(database->Stats().checkpoints, 3);
  EXPECT_LT(WalBytes(), 1 << 20);
}

TEST_F(SqliteDatabase, F29_TruncatesTheLogWhenItIsFarTooLarge) {
  options_.checkpoint_bytes = 64 << 10;
  options_.truncate_bytes = 64 << 10;
  const auto database = Open();

  ASSERT_THAT(Insert(*database, 1, std::string(200'000, 'x')), IsOk());
  ASSERT_THAT(Insert(*database, 2), IsOk());

  EXPECT_LT(WalBytes(), 64 << 10);
}

TEST_F(SqliteDatabase, F29_DoesNotWaitLongForAReaderToTruncateTheLog) {
  options_.checkpoint_bytes = 64 << 10;
  options_.truncate_bytes = 64 << 10;
  options_.read_limit = absl::Milliseconds(10);
  const auto database = Open();

  EXPECT_THAT(
      database->Read(absl::InfiniteFuture(),
                     [&](SqlReader& reader) -> absl::Status {
                       CRM_RETURN_IF_ERROR(
                           reader.Query("SELECT * FROM items", {}).status());
                       for (int64_t id = 0; id < 10; ++id) {
                         CRM_RETURN_IF_ERROR(
                             Insert(*database, id, std::string(20'000, 'x')));
                       }
                       return absl::OkStatus();
                     }),
      IsOk());

  EXPECT_GT(database->Stats().checkpoints, 0);
  EXPECT_EQ(ReadIds(*database).size(), 10u);
}

TEST_F(SqliteDatabase, F29_StopsAReadThatHoldsItsSnapshotTooLong) {
  options_.read_limit = absl::Milliseconds(20);
  const auto database = Open();

  const absl::Status status =
      database->Read(absl::InfiniteFuture(), [](SqlReader& reader) {
        return reader
            .Query(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL "
                "SELECT i + 1 FROM n) SELECT count(*) FROM n",
                {})
            .status();
      });

  EXPECT_THAT(status, StatusIs(absl::StatusCode::kDeadlineExceeded,
                               "READ_INTERRUPTED"));
  EXPECT_TRUE(ReadIds(*database).empty());
}

TEST_F(SqliteDatabase, StopsReadsWhenItCloses) {
  options_.read_limit = absl::Hours(1);
  const auto database = Open();
  std::promise<void> reading;
  auto status = std::async(std::launch::async, [&] {
    return database->Read(absl::InfiniteFuture(), [&](SqlReader& reader) {
      reading.set_value();
      return reader
          .Query(
              "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL "
              "SELECT i + 1 FROM n) SELECT count(*) FROM n",
              {})
          .status();
    });
  });
  reading.get_future().wait();

  EXPECT_THAT(database->Close(), IsOk());

  EXPECT_THAT(status.get(),
              StatusIs(absl::StatusCode::kUnavailable, "STORAGE_CLOSED"));
}

TEST_F(SqliteDatabase, RefusesAReadWhenNoReaderIsFreeInTime) {
  options_.readers = 1;
  const auto database = Open();

  EXPECT_THAT(database->Read(absl::InfiniteFuture(),
                             [&](SqlReader&) {
                               return database->Read(
                                   absl::Now() + absl::Milliseconds(1),
                                   [](SqlReader&) { return absl::OkStatus(); });
                             }),
              StatusIs(absl::StatusCode::kDeadlineExceeded, "READERS_BUSY"));
}

TEST_F(SqliteDatabase, F22_RefusesWritesButNotReadsWhenTheDiskIsLow) {
  {
    const auto database = Open();
    ASSERT_THAT(Insert(*database, 1), IsOk());
  }
  options_.min_free_bytes = int64_t{1} << 62;
  const auto database = OpenSqlite(options_);
  ASSERT_THAT(database, IsOk());

  EXPECT_THAT(Insert(**database, 2),
              StatusIs(absl::StatusCode::kResourceExhausted, "DISK_LOW"));
  EXPECT_THAT((*database)->CheckWritable(),
              StatusIs(absl::StatusCode::kResourceExhausted, "DISK_LOW"));
  EXPECT_THAT(ReadIds(**database), ElementsAre(1));
}

TEST_F(SqliteDatabase, RefusesWritesBeyondItsQueue) {
  options_.max_queued_writes = 2;
  const auto database = Open();
  HeldWriter held(*database);
  std::vector<absl::Status> outcomes(3);
  for (int64_t id = 0; id < 3; ++id) {
    database->Write(
        absl::InfiniteFuture(), [](SqlWriter&) { return absl::OkStatus(); },
        [&outcomes, id](absl::Status status) {
          outcomes[static_cast<size_t>(id)] = status;
        });
  }
  EXPECT_THAT(outcomes[2],
              StatusIs(absl::StatusCode::kUnavailable, "OVERLOADED"));
  held.Release();
  ASSERT_THAT(database->Close(), IsOk());

  EXPECT_THAT(outcomes[0], IsOk());
  EXPECT_THAT(outcomes[1], IsOk());
  EXPECT_EQ(database->Stats().refused_writes, 1);
}

TEST_F(SqliteDatabase, FailsTheWholeGroupWhenItsCommitFailsAndGoesOn) {
  const auto database = Open();
  ASSERT_THAT(Insert(*database, 1), IsOk());
  // Writing past this size fails from here on, as on a broken disk.
  ASSERT_NE(std::signal(SIGXFSZ, SIG_IGN), SIG_ERR);
  rlimit before = {};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit limited = before;
  limited.rlim_cur = static_cast<rlim_t>(WalBytes());

  HeldWriter held(*database);
  std::vector<absl::Status> outcomes(2);
  for (int64_t id = 0; id < 2; ++id) {
    database->Write(
        absl::InfiniteFuture(),
        [id](SqlWriter& writer) {
          return writer
              .Execute("INSERT INTO items (id, body) VALUES (?, ?)",
                       {id + 10, SqlBlob{std::string(50'000, 'x')}})
              .status();
        },
        [&outcomes, id](absl::Status status) {
          outcomes[static_cast<size_t>(id)] = status;
        });
  }
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limited), 0);
  held.Release();
  const absl::Status after_group = Insert(*database, 20);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);

  EXPECT_THAT(outcomes,
              Each(StatusIs(absl::StatusCode::kUnavailable, "COMMIT_FAILED")));
  EXPECT_THAT(after_group, Not(IsOk()));
  EXPECT_THAT(Insert(*database, 30), IsOk());
  EXPECT_THAT(ReadIds(*database), ElementsAre(1, 30));
  EXPECT_GE(database->Stats().failed_commits, 1);
}

TEST_F(SqliteDatabase, RefusesAFileThatIsNoDatabase) {
  std::ofstream(options_.path) << std::string(10'000, 'x');

  EXPECT_THAT(OpenSqlite(options_),
              StatusIs(absl::StatusCode::kUnavailable, "STORAGE_UNUSABLE"));
}

TEST_F(SqliteDatabase, RefusesAFolderThatDoesNotExist) {
  options_.path = absl::StrCat(folder_, "/missing/test.db");

  EXPECT_THAT(OpenSqlite(options_),
              StatusIs(absl::StatusCode::kUnavailable, "STORAGE_UNUSABLE"));
}

TEST_F(SqliteDatabase, TakesAMisspeltColumnInQuotesAsAnError) {
  const auto database = Open();

  EXPECT_THAT(
      database->Read(
          absl::InfiniteFuture(),
          [](SqlReader& reader) {
            return reader.Query("SELECT \"emial\" FROM items", {}).status();
          }),
      StatusIs(absl::StatusCode::kInternal, "STORAGE_ERROR"));
}

TEST_F(SqliteDatabase, F01_KeepsEveryAcknowledgedWriteWhenItsProcessIsKilled) {
  constexpr int64_t kAcknowledged = 50;
  int acknowledged[2] = {};
  ASSERT_EQ(pipe(acknowledged), 0);
  const pid_t child = fork();
  if (child == 0) {
    auto database = OpenSqlite(options_);
    if (!database.ok() || !(*database)->Migrate(ItemSchema()).ok()) _exit(1);
    for (int64_t id = 0;; ++id) {
      if (!Insert(**database, id).ok()) _exit(1);
      if (write(acknowledged[1], &id, sizeof(id)) != sizeof(id)) _exit(1);
    }
  }
  close(acknowledged[1]);
  int64_t last = -1;
  while (last < kAcknowledged &&
         read(acknowledged[0], &last, sizeof(last)) == sizeof(last)) {
  }
  close(acknowledged[0]);
  ASSERT_EQ(kill(child, SIGKILL), 0);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  ASSERT_EQ(last, kAcknowledged);

  const auto database = Open();

  const std::set<int64_t> ids = ReadIds(*database);
  for (int64_t id = 0; id <= kAcknowledged; ++id) {
    EXPECT_TRUE(ids.contains(id)) << id;
  }
}

}  // namespace
}  // namespace crm::testing

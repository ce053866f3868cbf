// What becomes of a warehouse file whose process is killed while it fills,
// copies or opens it, and of one whose disk is full.
//
// CRM_DUCK_KILLS says how often the process is killed.

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/storage/duckdb/duck_database.h"
#include "tests/shared/storage/database_contract.h"
#include "tests/support/matchers.h"
#include "tests/support/small_disk.h"

namespace crm::testing {
namespace {

namespace fs = std::filesystem;

// How many rows each step appends, which must survive together.
constexpr int64_t kRows = 200;
constexpr int64_t kStepsACheckpoint = 4;
constexpr int64_t kDiskBytes = 32 << 20;

int Kills() {
  int kills = 12;
  if (const char* wanted = std::getenv("CRM_DUCK_KILLS")) {
    EXPECT_TRUE(absl::SimpleAtoi(wanted, &kills));
  }
  return kills;
}

class DuckFaultsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = MakeFolder();
    options_ = {.path = absl::StrCat(folder_, "/warehouse.duckdb"),
                .memory_limit_bytes = int64_t{128} << 20,
                .threads = 1};
  }
  void TearDown() override { fs::remove_all(folder_); }

  static absl::Status MakeTables(DuckDatabase& database) {
    CRM_RETURN_IF_ERROR(
        database
            .Execute("CREATE TABLE IF NOT EXISTS facts (step BIGINT, n BIGINT)")
            .status());
    return database.Execute("CREATE TABLE IF NOT EXISTS position (step BIGINT)")
        .status();
  }

  // Stores the rows of a step and the position, as events are applied.
  static absl::Status Store(DuckDatabase& database, int64_t step) {
    return database.Transaction([step](DuckWriter& writer) -> absl::Status {
      std::vector<SqlRow> rows;
      for (int64_t n = 0; n < kRows; ++n) rows.push_back({step, n});
      CRM_RETURN_IF_ERROR(writer.Append("facts", rows));
      CRM_RETURN_IF_ERROR(writer.Execute("DELETE FROM position", {}).status());
      return writer.Execute("INSERT INTO position VALUES (?)", {step}).status();
    });
  }

  static int64_t Number(DuckDatabase& database, absl::string_view sql) {
    const auto rows = database.Query(sql);
    EXPECT_THAT(rows, IsOk());
    return rows.ok() ? std::get<int64_t>(rows->at(0).at(0)) : -1;
  }

  // Returns the last step that is stored, 0 if there is none. All steps up to
  // it must be whole, and no other be there.
  static int64_t LastWhole(DuckDatabase& database) {
    const int64_t last =
        Number(database, "SELECT coalesce(max(step), 0) FROM position");
    EXPECT_EQ(Number(database, "SELECT count(*) FROM facts"), last * kRows);
    EXPECT_EQ(Number(database, "SELECT count(DISTINCT step) FROM facts"), last);
    return last;
  }

  // What the child does: it goes on where the file ends, and tells through
  // `pipe` that it begins, and of each step that is stored.
  [[noreturn]] void FillForEver(int pipe) {
    const auto tell = [pipe](int64_t step) {
      if (write(pipe, &step, sizeof(step)) != sizeof(step)) _exit(1);
    };
    tell(0);
    auto database = DuckDatabase::Open(options_);
    if (!database.ok() || !MakeTables(**database).ok()) _exit(1);
    for (int64_t step = LastWhole(**database) + 1;; ++step) {
      if (!Store(**database, step).ok()) _exit(1);
      tell(step);
      if (step % kStepsACheckpoint == 0 && !(*database)->Checkpoint().ok()) {
        _exit(1);
      }
    }
  }

  // Waits until the child is seen to open the file, or has done so: then it
  // tells more through `pipe`.
  void SeeOpening(int pipe) {
    pollfd told = {pipe, POLLIN, 0};
    while (!fs::exists(options_.path + ".opening") && poll(&told, 1, 0) == 0) {
    }
  }

  // Runs a child until it has told `messages` times, and kills it; if that is
  // once, while it opens the file. Returns the last step that it has told of.
  int64_t FillAndKill(int messages) {
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    const pid_t child = fork();
    if (child == 0) FillForEver(ends[1]);
    close(ends[1]);
    int64_t told = 0;
    for (int i = 0; i < messages; ++i) {
      EXPECT_EQ(read(ends[0], &told, sizeof(told)),
                static_cast<ssize_t>(sizeof(told)))
          << "the process ended by itself";
    }
    if (messages == 1) SeeOpening(ends[0]);
    kill(child, SIGKILL);
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status));
    // What it stored before the kill came.
    for (int64_t step; read(ends[0], &step, sizeof(step)) == sizeof(step);) {
      told = step;
    }
    close(ends[0]);
    return told;
  }

  std::string folder_;
  DuckOptions options_;
};

TEST_F(DuckFaultsTest,
       F41_AKilledProcessLeavesWholeStepsOrAFileThatIsMadeAnew) {
  std::mt19937 random(20261127);
  const int kills = Kills();
  int rebuilt = 0;
  for (int i = 0; i < kills && !HasFailure(); ++i) {
    SCOPED_TRACE(absl::StrCat("kill ", i));
    const int64_t told = FillAndKill(2 + static_cast<int>(random() % 9));
    // The file that the next one opens has a log to replay.
    if (i % 3 == 2) FillAndKill(1);

    const auto database = DuckDatabase::Open(options_);
    ASSERT_THAT(database, IsOk());
    ASSERT_THAT(MakeTables(**database), IsOk());
    const int64_t last = LastWhole(**database);
    if ((*database)->rebuilt()) {
      ++rebuilt;
      EXPECT_EQ(last, 0);
    } else {
      EXPECT_GE(last, told);
    }
    EXPECT_THAT(Store(**database, last + 1), IsOk());
  }

  std::cout << kills << " kills, " << rebuilt << " files made anew\n";
  EXPECT_GT(rebuilt, 0) << "no kill hit an opening";
  EXPECT_LT(rebuilt, kills);
}

TEST_F(DuckFaultsTest, F22_AFullDiskRefusesStepsAndIsReadOn) {
  OnSmallDisk(folder_, kDiskBytes, [this] {
    const auto database = DuckDatabase::Open(options_);
    ASSERT_THAT(database, IsOk());
    ASSERT_THAT(MakeTables(**database), IsOk());
    ASSERT_THAT(Store(**database, 1), IsOk());
    ASSERT_THAT((*database)->Checkpoint(), IsOk());

    FillDisk(folder_, 64 << 10);
    int64_t last = 1;
    absl::Status refused;
    while (refused.ok() && last < 10'000) {
      refused = Store(**database, last + 1);
      if (refused.ok()) ++last;
    }
    EXPECT_THAT(refused,
                StatusIs(absl::StatusCode::kResourceExhausted, "DISK_FULL"));
    EXPECT_EQ(LastWhole(**database), last);
    // DuckDB gives a file up whose checkpoint fails.
    EXPECT_THAT((*database)->Checkpoint(),
                StatusIs(absl::StatusCode::kUnavailable, "STORAGE_UNUSABLE"));
    EXPECT_EQ(LastWhole(**database), last);

    EmptyDisk(folder_);
    EXPECT_THAT(Store(**database, last + 1), IsOk());
    EXPECT_EQ(LastWhole(**database), last + 1);
  });
}

}  // namespace
}  // namespace crm::testing

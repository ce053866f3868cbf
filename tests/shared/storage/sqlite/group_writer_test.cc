#include "shared/storage/sqlite/group_writer.h"

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "tests/shared/storage/database_contract.h"
#include "tests/shared/storage/held_writer.h"
#include "tests/support/matchers.h"

namespace crm::testing {
namespace {

using ::testing::ElementsAre;

// What a body does.
enum class Does { kWrite, kFail, kChangeNothing, kWriteAndFail, kFailToWrite };

class GroupWriterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = MakeFolder();
    auto opened = OpenSqlite({.path = absl::StrCat(folder_, "/test.db"),
                              .min_free_bytes = 0,
                              .min_free_fraction = 0});
    ASSERT_THAT(opened, IsOk());
    database_ = *std::move(opened);
    ASSERT_THAT(database_->Migrate(ItemSchema()), IsOk());
  }

  void TearDown() override {
    database_.reset();
    std::filesystem::remove_all(folder_);
  }

  // Runs the bodies as one group, and returns how often each ran.
  std::vector<int> RunTogether(const std::vector<Does>& bodies) {
    std::vector<int> runs(bodies.size());
    HeldWriter held(*database_);
    for (size_t i = 0; i < bodies.size(); ++i) {
      const int64_t id = next_id_++;
      database_->Write(
          absl::InfiniteFuture(),
          [&runs, i, id, does = bodies[i]](SqlWriter& writer) {
            ++runs[i];
            return Run(writer, does, id);
          },
          [does = bodies[i]](absl::Status status) {
            EXPECT_EQ(status.ok(), does == Does::kWrite) << status;
          });
    }
    held.Release();
    // What comes next is a group of its own.
    EXPECT_THAT(
        database_->WriteAndWait(absl::InfiniteFuture(),
                                [](SqlWriter&) { return absl::OkStatus(); }),
        IsOk());
    return runs;
  }

  std::vector<int64_t> Ids() {
    std::vector<int64_t> ids;
    EXPECT_THAT(database_->Read(
                    absl::InfiniteFuture(),
                    [&](SqlReader& reader) -> absl::Status {
                      CRM_ASSIGN_OR_RETURN(
                          const SqlRows rows,
                          reader.Query("SELECT id FROM items ORDER BY id", {}));
                      for (const SqlRow& row : rows) {
                        ids.push_back(std::get<int64_t>(row[0]));
                      }
                      return absl::OkStatus();
                    }),
                IsOk());
    return ids;
  }

  // Has groups of one body pass.
  void Pass(int groups) {
    for (int i = 0; i < groups; ++i) RunTogether({});
  }

  std::string folder_;
  std::unique_ptr<Database> database_;
  int64_t next_id_ = 1;

 private:
  static absl::Status Run(SqlWriter& writer, Does does, int64_t id) {
    const absl::string_view insert = "INSERT INTO items (id) VALUES (?)";
    const absl::Status failure = Aborted("UNWANTED", "Not this one.");
    switch (does) {
      case Does::kWrite:
        return writer.Post(insert, {id});
      case Does::kFail:
        CRM_RETURN_IF_ERROR(writer.Query("SELECT id FROM items", {}).status());
        return failure;
      case Does::kChangeNothing:
        CRM_RETURN_IF_ERROR(
            writer.Post("UPDATE items SET id = id WHERE id = ?", {int64_t{0}}));
        return failure;
      case Does::kWriteAndFail:
        CRM_RETURN_IF_ERROR(writer.Post(insert, {id}));
        return failure;
      case Does::kFailToWrite:
        // The first body of the group has written it.
        return writer.Post(insert, {int64_t{1}});
    }
    return failure;
  }
};

TEST_F(GroupWriterTest, RunsEachBodyOnceIfNoneLeavesAnythingToTakeBack) {
  EXPECT_THAT(RunTogether({Does::kWrite, Does::kFail, Does::kFailToWrite,
                           Does::kChangeNothing, Does::kWrite}),
              ElementsAre(1, 1, 1, 1, 1));

  EXPECT_THAT(Ids(), ElementsAre(1, 5));
}

TEST_F(GroupWriterTest, RunsTheGroupAgainIfABodyFailsAfterItHasWritten) {
  EXPECT_THAT(RunTogether({Does::kWrite, Does::kWriteAndFail, Does::kWrite}),
              ElementsAre(2, 2, 1));

  EXPECT_THAT(Ids(), ElementsAre(1, 3));
}

TEST_F(GroupWriterTest, RunsTheNextGroupsOnlyOnceWhateverFails) {
  RunTogether({Does::kWrite, Does::kWriteAndFail});

  EXPECT_THAT(RunTogether({Does::kWrite, Does::kWriteAndFail, Does::kWrite}),
              ElementsAre(1, 1, 1));

  EXPECT_THAT(Ids(), ElementsAre(1, 3, 5));
}

TEST_F(GroupWriterTest, TakesItsTimeForAFewGroupsOnly) {
  RunTogether({Does::kWrite, Does::kWriteAndFail});

  Pass(3);

  EXPECT_THAT(RunTogether({Does::kWrite, Does::kWriteAndFail, Does::kWrite}),
              ElementsAre(2, 2, 1));
}

TEST_F(GroupWriterTest, TakesItsTimeForLongWhereBodiesGoOnFailing) {
  RunTogether({Does::kWrite, Does::kWriteAndFail});
  RunTogether({Does::kWrite, Does::kWriteAndFail});

  Pass(10);

  EXPECT_THAT(RunTogether({Does::kWrite, Does::kWriteAndFail, Does::kWrite}),
              ElementsAre(1, 1, 1));
}

TEST_F(GroupWriterTest, TakesBackAnUnreadResultThatIsTooLarge) {
  EXPECT_THAT(RunTogether({Does::kWrite, Does::kWrite}), ElementsAre(1, 1));
  HeldWriter held(*database_);
  absl::Status failed;
  database_->Write(
      absl::InfiniteFuture(),
      [](SqlWriter& writer) {
        return writer
            .Query(absl::StrCat("WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL "
                                "SELECT i + 1 FROM n LIMIT ",
                                kMaxRows + 1,
                                ") INSERT INTO items (id) SELECT i FROM n "
                                "RETURNING id"),
                   {})
            .status();
      },
      [&failed](absl::Status status) { failed = std::move(status); });
  database_->Write(
      absl::InfiniteFuture(),
      [](SqlWriter& writer) {
        return writer.Post("INSERT INTO items (id) VALUES (3)", {});
      },
      [](absl::Status status) { EXPECT_THAT(status, IsOk()); });
  held.Release();
  ASSERT_THAT(
      database_->WriteAndWait(absl::InfiniteFuture(),
                              [](SqlWriter&) { return absl::OkStatus(); }),
      IsOk());

  EXPECT_THAT(failed, StatusIs(absl::StatusCode::kResourceExhausted,
                               "RESULT_TOO_LARGE"));
  EXPECT_THAT(Ids(), ElementsAre(1, 2, 3));
}

}  // namespace
}  // namespace crm::testing

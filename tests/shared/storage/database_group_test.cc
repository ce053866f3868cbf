// What bodies that share a transaction see of each other, in whatever way an
// engine spares itself waits; the rest of the contract is in
// database_contract_test.cc.

#include <future>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "tests/shared/storage/database_contract.h"
#include "tests/shared/storage/held_writer.h"
#include "tests/support/matchers.h"

namespace crm::testing {
namespace {

using ::testing::ElementsAre;

const SqlFragment kCount = {"SELECT COUNT(*) FROM items", {}};

struct GroupedWrite {
  Database::WriteBody body;
  std::vector<SqlFragment> reads = {};
};

// Queues the writes while the writer is busy, so that an engine with groups
// runs them together. Returns what became of each.
std::vector<absl::Status> RunTogether(Database& database,
                                      std::vector<GroupedWrite> writes) {
  HeldWriter held(database);
  std::vector<std::promise<absl::Status>> ends(writes.size());
  for (size_t i = 0; i < writes.size(); ++i) {
    database.WriteReading(std::move(writes[i].reads), absl::InfiniteFuture(),
                          std::move(writes[i].body),
                          [&end = ends[i]](absl::Status status) {
                            end.set_value(std::move(status));
                          });
  }
  held.Release();
  std::vector<absl::Status> statuses;
  for (auto& end : ends) statuses.push_back(end.get_future().get());
  return statuses;
}

// The items of the store as `id:email`.
std::vector<std::string> ItemsOf(Database& database) {
  std::vector<std::string> items;
  EXPECT_THAT(database.Read(absl::InfiniteFuture(),
                            [&](SqlReader& reader) -> absl::Status {
                              CRM_ASSIGN_OR_RETURN(
                                  const SqlRows rows,
                                  reader.Query("SELECT id, email FROM items "
                                               "ORDER BY id",
                                               {}));
                              for (const SqlRow& row : rows) {
                                items.push_back(absl::StrCat(
                                    std::get<int64_t>(row[0]), ":",
                                    std::get<std::string>(row[1])));
                              }
                              return absl::OkStatus();
                            }),
              IsOk());
  return items;
}

absl::Status PostItem(SqlWriter& writer, int64_t id, const SqlRows& count) {
  return writer.Post("INSERT INTO items (id, email) VALUES (?, ?)",
                     {id, absl::StrCat(std::get<int64_t>(count[0][0]))});
}

// Stores an item whose mail is how many there were when the body began.
Database::WriteBody CountThenPost(int64_t id) {
  return [id](SqlWriter& writer) -> absl::Status {
    CRM_ASSIGN_OR_RETURN(const SqlRows count,
                         writer.Query(kCount.text, kCount.params));
    return PostItem(writer, id, count);
  };
}

// The same, but what was counted is looked at last.
Database::WriteBody CountForLater(int64_t id) {
  return [id](SqlWriter& writer) {
    return writer.QueryLater(kCount.text, kCount.params,
                             [id](SqlWriter& last, const SqlRows& count) {
                               return PostItem(last, id, count);
                             });
  };
}

TEST_P(DatabaseContract, ABodyReadsWhatOneBeforeItDidLast) {
  EXPECT_THAT(RunTogether(*database_, {{CountForLater(1)},
                                       {CountThenPost(2)},
                                       {CountThenPost(3)},
                                       {CountForLater(4)}}),
              ElementsAre(IsOk(), IsOk(), IsOk(), IsOk()));
  EXPECT_THAT(ItemsOf(*database_), ElementsAre("1:0", "2:1", "3:2", "4:3"));
}

TEST_P(DatabaseContract, ABodyThatWroteReadsWhatOneBeforeItDidLast) {
  const auto write_then_count = [](SqlWriter& writer) -> absl::Status {
    CRM_RETURN_IF_ERROR(
        writer.Post("INSERT INTO items (id, email) VALUES (20, '')", {}));
    return CountThenPost(2)(writer);
  };

  EXPECT_THAT(RunTogether(*database_, {{CountForLater(1)}, {write_then_count}}),
              ElementsAre(IsOk(), IsOk()));
  EXPECT_THAT(ItemsOf(*database_), ElementsAre("1:0", "2:2", "20:"));
}

TEST_P(DatabaseContract, WhatAFailedBodyMeantToDoLastIsNotDone) {
  const absl::Status error = Aborted("CHANGED_ITS_MIND", "It did.");
  const auto fail_first = [&](SqlWriter& writer) -> absl::Status {
    CRM_RETURN_IF_ERROR(CountForLater(2)(writer));
    return error;
  };
  const auto fail_last = [&](SqlWriter& writer) -> absl::Status {
    CRM_RETURN_IF_ERROR(CountForLater(3)(writer));
    return writer.QueryLater(kCount.text, {},
                             [&](SqlWriter&, const SqlRows&) { return error; });
  };

  const auto fails = StatusIs(absl::StatusCode::kAborted, "CHANGED_ITS_MIND");
  EXPECT_THAT(
      RunTogether(
          *database_,
          {{CountForLater(1)}, {fail_first}, {fail_last}, {CountForLater(4)}}),
      ElementsAre(IsOk(), fails, fails, IsOk()));
  EXPECT_EQ(CountItems(), 2);
}

TEST_P(DatabaseContract, WhatIsReadForAllIsReadAnewAfterAChange) {
  const auto add_shared = [](int64_t id) {
    return [id](SqlWriter& writer) -> absl::Status {
      CRM_ASSIGN_OR_RETURN(const SqlRows count, writer.QueryShared(kCount));
      writer.ForgetShared(kCount);
      return PostItem(writer, id, count);
    };
  };

  EXPECT_THAT(RunTogether(*database_, {{add_shared(1), {kCount}},
                                       {add_shared(2), {kCount}},
                                       {add_shared(3), {kCount}}}),
              ElementsAre(IsOk(), IsOk(), IsOk()));
  EXPECT_THAT(ItemsOf(*database_), ElementsAre("1:0", "2:1", "3:2"));
}

TEST_P(DatabaseContract, AnAttemptThatFailsTellsItsBodyAndHarmsNoOther) {
  ASSERT_THAT(Insert(1, "taken@x"), IsOk());
  const auto attempt = [](int64_t id, const std::string& email) {
    return [id, email](SqlWriter& writer) -> absl::Status {
      const absl::Status status = writer.Attempt(
          "INSERT INTO items (id, email) VALUES (?, ?)", {id, email});
      if (!absl::IsAlreadyExists(status)) return status;
      return Aborted("EXPLAINED", "The mail is taken.");
    };
  };
  const auto explained = StatusIs(absl::StatusCode::kAborted, "EXPLAINED");

  EXPECT_THAT(RunTogether(*database_, {{attempt(2, "free@x")},
                                       {attempt(3, "taken@x")},
                                       {CountForLater(4)},
                                       {attempt(5, "free@x")},
                                       {attempt(6, "")}}),
              ElementsAre(IsOk(), explained, IsOk(), explained, IsOk()));
  EXPECT_EQ(CountItems(), 4);
}

TEST_P(DatabaseContract, AnAttemptFailsEvenIfNothingIsToBeStored) {
  ASSERT_THAT(Insert(1, "taken@x"), IsOk());
  const auto validate = [](SqlWriter& writer) -> absl::Status {
    CRM_RETURN_IF_ERROR(writer.Attempt(
        "INSERT INTO items (id, email) VALUES (2, 'taken@x')", {}));
    return Aborted("VALID", "It would do.");
  };
  const auto taken =
      StatusIs(absl::StatusCode::kAlreadyExists, "UNIQUE_VIOLATION");

  EXPECT_THAT(RunTogether(*database_, {{validate}, {validate}}),
              ElementsAre(taken, taken));
  EXPECT_EQ(CountItems(), 1);
}

}  // namespace
}  // namespace crm::testing

#include "tests/shared/storage/database_contract.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <limits>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "shared/base/status_macros.h"
#include "tests/shared/storage/engines.h"
#include "tests/shared/storage/held_writer.h"
#include "tests/support/matchers.h"

namespace crm::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::Not;

INSTANTIATE_TEST_SUITE_P(Engines, DatabaseContract,
                         ::testing::Values(EngineUnderTest()),
                         [](const auto& info) { return info.param.name; });

absl::Status InsertItem(SqlWriter& writer, int64_t id,
                        const std::string& email = "") {
  return writer
      .Execute("INSERT INTO items (id, email) VALUES (?, ?)", {id, email})
      .status();
}

TEST_P(DatabaseContract, RoundTripsEveryValue) {
  const SqlRow extremes = {std::numeric_limits<int64_t>::min(),
                           std::string("Zoë \xF0\x9F\x8C\x8D '\"\\ \0 end", 19),
                           -0.1, SqlBlob{std::string("\x00\xFF\x00", 3)},
                           std::numeric_limits<int64_t>::max()};
  const SqlRow empty = {int64_t{2}, std::string(), 0.0, SqlBlob{}, int64_t{0}};
  const SqlRow nulls = {int64_t{3}, std::monostate(), std::monostate(),
                        std::monostate(), std::monostate()};

  ASSERT_THAT(
      database_->WriteAndWait(
          Soon(),
          [&](SqlWriter& writer) {
            for (const SqlRow& row : {extremes, empty, nulls}) {
              CRM_RETURN_IF_ERROR(
                  writer
                      .Execute("INSERT INTO items VALUES (?, ?, ?, ?, ?)", row)
                      .status());
            }
            return absl::OkStatus();
          }),
      IsOk());

  Reopen();
  SqlRows rows;
  ASSERT_THAT(
      database_->Read(Soon(),
                      [&](SqlReader& reader) -> absl::Status {
                        CRM_ASSIGN_OR_RETURN(
                            rows, reader.Query("SELECT id, email, score, body, "
                                               "delete_time FROM items "
                                               "ORDER BY id",
                                               {}));
                        return absl::OkStatus();
                      }),
      IsOk());
  EXPECT_THAT(rows, ElementsAre(extremes, empty, nulls));
}

TEST_P(DatabaseContract, CountsChangedRowsAndReturnsRowsOfReturning) {
  ASSERT_THAT(Insert(1, "a@x"), IsOk());
  ASSERT_THAT(Insert(2, "b@x"), IsOk());

  ASSERT_THAT(
      database_->WriteAndWait(
          Soon(),
          [](SqlWriter& writer) -> absl::Status {
            CRM_ASSIGN_OR_RETURN(
                const int64_t changed,
                writer.Execute("UPDATE items SET score = ?", {0.5}));
            EXPECT_EQ(changed, 2);
            CRM_ASSIGN_OR_RETURN(
                const SqlRows rows,
                writer.Query("INSERT INTO items (id, email) VALUES (?, ?) "
                             "ON CONFLICT (id) DO UPDATE SET "
                             "email = excluded.email RETURNING id, email",
                             {int64_t{2}, std::string("c@x")}));
            EXPECT_THAT(rows, ElementsAre(SqlRow{int64_t{2}, "c@x"}));
            return absl::OkStatus();
          }),
      IsOk());
}

TEST_P(DatabaseContract, ReadsOneSnapshotWhileOthersWrite) {
  ASSERT_THAT(Insert(1, "a@x"), IsOk());
  constexpr char kCount[] = "SELECT count(*) FROM items";

  ASSERT_THAT(database_->Read(Soon(),
                              [&](SqlReader& reader) -> absl::Status {
                                CRM_ASSIGN_OR_RETURN(const SqlRows before,
                                                     reader.Query(kCount, {}));
                                CRM_RETURN_IF_ERROR(Insert(2, "b@x"));
                                CRM_ASSIGN_OR_RETURN(const SqlRows after,
                                                     reader.Query(kCount, {}));
                                EXPECT_EQ(before, after);
                                return absl::OkStatus();
                              }),
              IsOk());

  EXPECT_EQ(CountItems(), 2);
}

TEST_P(DatabaseContract, KeepsAcknowledgedWritesOverReopening) {
  for (int64_t id = 0; id < 20; ++id) {
    ASSERT_THAT(Insert(id, absl::StrCat(id, "@x")), IsOk());
  }

  Reopen();

  EXPECT_EQ(CountItems(), 20);
}

TEST_P(DatabaseContract, TakesBackOnlyTheBodyThatFails) {
  HeldWriter held(*database_);
  std::vector<absl::Status> outcomes(3);
  for (int64_t id = 0; id < 3; ++id) {
    database_->Write(
        Soon(),
        [id](SqlWriter& writer) {
          CRM_RETURN_IF_ERROR(InsertItem(writer, id));
          return id == 1 ? Aborted("UNWANTED", "Not this one.")
                         : absl::OkStatus();
        },
        [&outcomes, id](absl::Status status) {
          outcomes[static_cast<size_t>(id)] = status;
        });
  }
  held.Release();
  ASSERT_THAT(database_->Close(), IsOk());

  EXPECT_THAT(outcomes[0], IsOk());
  EXPECT_THAT(outcomes[1], StatusIs(absl::StatusCode::kAborted, "UNWANTED"));
  EXPECT_THAT(outcomes[2], IsOk());
  Reopen();
  EXPECT_EQ(CountItems(), 2);
}

TEST_P(DatabaseContract, TakesBackABodyThatFailsAlone) {
  const absl::Status status =
      database_->WriteAndWait(Soon(), [](SqlWriter& writer) {
        CRM_RETURN_IF_ERROR(InsertItem(writer, 1));
        return Aborted("UNWANTED", "Not this one.");
      });

  EXPECT_THAT(status, StatusIs(absl::StatusCode::kAborted, "UNWANTED"));
  EXPECT_EQ(CountItems(), 0);
  EXPECT_THAT(Insert(1, "a@x"), IsOk());
}

TEST_P(DatabaseContract, DoesNotCommitABodyThatIgnoresAFailure) {
  const absl::Status status =
      database_->WriteAndWait(Soon(), [](SqlWriter& writer) {
        CRM_RETURN_IF_ERROR(InsertItem(writer, 1));
        InsertItem(writer, 1).IgnoreError();
        return absl::OkStatus();
      });

  EXPECT_THAT(status,
              StatusIs(absl::StatusCode::kAlreadyExists, "UNIQUE_VIOLATION"));
  EXPECT_EQ(CountItems(), 0);
}

TEST_P(DatabaseContract, AcknowledgesInTheOrderOfArrival) {
  HeldWriter held(*database_);
  std::vector<int64_t> order;
  for (int64_t id = 0; id < 50; ++id) {
    database_->Write(
        Soon(), [id](SqlWriter& writer) { return InsertItem(writer, id); },
        [&order, id](absl::Status) { order.push_back(id); });
  }
  held.Release();
  ASSERT_THAT(database_->Close(), IsOk());

  ASSERT_EQ(order.size(), 50u);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST_P(DatabaseContract, CommitsWritesThatArriveTogetherAtOnce) {
  HeldWriter held(*database_);
  const DatabaseStats before = database_->Stats();
  std::vector<std::thread> callers;
  std::atomic<int> queued = 0;
  std::atomic<int> succeeded = 0;
  for (int64_t id = 0; id < 100; ++id) {
    callers.emplace_back([&, id] {
      database_->Write(
          Soon(), [id](SqlWriter& writer) { return InsertItem(writer, id); },
          [&succeeded](absl::Status status) { succeeded += status.ok(); });
      ++queued;
    });
  }
  for (std::thread& caller : callers) caller.join();
  ASSERT_EQ(queued, 100);
  held.Release();
  // The next write comes after all of them.
  ASSERT_THAT(Insert(1000, "z@x"), IsOk());

  const DatabaseStats after = database_->Stats();
  EXPECT_EQ(succeeded, 100);
  EXPECT_EQ(after.writes - before.writes, 102);
  EXPECT_LE(after.commits - before.commits, 4);
}

TEST_P(DatabaseContract, SeesItsOwnWritesWithinABody) {
  EXPECT_THAT(database_->WriteAndWait(
                  Soon(),
                  [](SqlWriter& writer) -> absl::Status {
                    CRM_RETURN_IF_ERROR(InsertItem(writer, 7));
                    CRM_ASSIGN_OR_RETURN(
                        const SqlRows rows,
                        writer.Query("SELECT id FROM items", {}));
                    EXPECT_THAT(rows, ElementsAre(SqlRow{int64_t{7}}));
                    return absl::OkStatus();
                  }),
              IsOk());
}

TEST_P(DatabaseContract, NamesTheColumnsOfAUniqueViolation) {
  ASSERT_THAT(Insert(1, "a@x"), IsOk());

  const absl::Status status = Insert(2, "a@x");

  EXPECT_THAT(status,
              StatusIs(absl::StatusCode::kAlreadyExists, "UNIQUE_VIOLATION"));
  const google::rpc::Status detail = ToRpcStatus(status);
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(detail.details(0).UnpackTo(&info));
  EXPECT_EQ(info.metadata().at("table"), "items");
  EXPECT_EQ(info.metadata().at("columns"), "email");
}

TEST_P(DatabaseContract, KeepsValuesUniqueAmongLiveRowsThatHaveOne) {
  ASSERT_THAT(Insert(1, "a@x"), IsOk());
  ASSERT_THAT(database_->WriteAndWait(
                  Soon(),
                  [](SqlWriter& writer) {
                    return writer
                        .Execute("UPDATE items SET delete_time = 5", {})
                        .status();
                  }),
              IsOk());

  EXPECT_THAT(Insert(2, "a@x"), IsOk());
  EXPECT_THAT(Insert(3, ""), IsOk());
  EXPECT_THAT(Insert(4, ""), IsOk());
  EXPECT_THAT(Insert(5, "a@x"),
              StatusIs(absl::StatusCode::kAlreadyExists, "UNIQUE_VIOLATION"));
}

TEST_P(DatabaseContract, DropsAWriteWhoseDeadlinePassedInTheQueue) {
  HeldWriter held(*database_);
  bool ran = false;
  std::promise<absl::Status> outcome;
  database_->Write(
      clock_.Now() + absl::Seconds(5),
      [&ran](SqlWriter&) {
        ran = true;
        return absl::OkStatus();
      },
      [&outcome](absl::Status status) { outcome.set_value(status); });
  clock_.Advance(absl::Seconds(6));
  held.Release();

  EXPECT_THAT(outcome.get_future().get(),
              StatusIs(absl::StatusCode::kDeadlineExceeded, "WRITE_EXPIRED"));
  EXPECT_FALSE(ran);
  EXPECT_EQ(database_->Stats().expired_writes, 1);
}

TEST_P(DatabaseContract, RefusesAReadWhoseDeadlinePassed) {
  EXPECT_THAT(
      database_->Read(clock_.Now() - absl::Seconds(1),
                      [](SqlReader& reader) {
                        return reader.Query("SELECT 1", {}).status();
                      }),
      StatusIs(absl::StatusCode::kDeadlineExceeded, "READ_INTERRUPTED"));
}

TEST_P(DatabaseContract, RefusesToWriteThroughAReader) {
  const absl::Status status = database_->Read(Soon(), [](SqlReader& reader) {
    return reader.Query("DELETE FROM items", {}).status();
  });

  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInternal, "STORAGE_ERROR"));
}

TEST_P(DatabaseContract, BoundsTheRowsOfAResult) {
  const absl::Status status = database_->Read(Soon(), [](SqlReader& reader) {
    return reader
        .Query(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
            "WHERE i <= ?) SELECT i FROM n",
            {static_cast<int64_t>(kMaxRows)})
        .status();
  });

  EXPECT_THAT(status, StatusIs(absl::StatusCode::kResourceExhausted,
                               "RESULT_TOO_LARGE"));
}

TEST_P(DatabaseContract, CallsTheListenerBeforeTheAcknowledgement) {
  std::vector<std::string> calls;
  database_->SetCommitListener([&calls] { calls.push_back("listener"); });
  std::promise<void> done;
  database_->Write(
      Soon(), [](SqlWriter& writer) { return InsertItem(writer, 1); },
      [&](absl::Status) {
        calls.push_back("done");
        done.set_value();
      });
  done.get_future().wait();
  EXPECT_THAT(Insert(1, "again"), Not(IsOk()));
  database_->SetCommitListener({});
  ASSERT_THAT(Insert(2, ""), IsOk());

  EXPECT_THAT(calls, ElementsAre("listener", "done"));
}

TEST_P(DatabaseContract, RefusesWorkAfterClosing) {
  ASSERT_THAT(database_->Close(), IsOk());
  ASSERT_THAT(database_->Close(), IsOk());

  EXPECT_THAT(Insert(1, ""),
              StatusIs(absl::StatusCode::kUnavailable, "STORAGE_CLOSED"));
  EXPECT_THAT(
      database_->Read(Soon(), [](SqlReader&) { return absl::OkStatus(); }),
      StatusIs(absl::StatusCode::kUnavailable, "STORAGE_CLOSED"));
  EXPECT_THAT(database_->CheckWritable(),
              StatusIs(absl::StatusCode::kUnavailable, "STORAGE_CLOSED"));
}

TEST_P(DatabaseContract, FinishesWhatIsQueuedWhenClosing) {
  HeldWriter held(*database_);
  std::atomic<int> succeeded = 0;
  for (int64_t id = 0; id < 30; ++id) {
    database_->Write(
        Soon(), [id](SqlWriter& writer) { return InsertItem(writer, id); },
        [&succeeded](absl::Status status) { succeeded += status.ok(); });
  }
  std::thread closer([this] { EXPECT_THAT(database_->Close(), IsOk()); });
  held.Release();
  closer.join();

  EXPECT_EQ(succeeded, 30);
}

TEST_P(DatabaseContract, TellsForHowLongTheWriterStandsStill) {
  EXPECT_EQ(database_->WriterStall(), absl::ZeroDuration());

  HeldWriter held(*database_);
  clock_.Advance(absl::Seconds(31));
  EXPECT_EQ(database_->WriterStall(), absl::Seconds(31));
  held.Release();
  ASSERT_THAT(Insert(1, ""), IsOk());
  ASSERT_THAT(database_->Close(), IsOk());

  EXPECT_EQ(database_->WriterStall(), absl::ZeroDuration());
}

TEST_P(DatabaseContract, F28_AdmitsASecondOpenerOnlyIfItIsShared) {
  auto second = GetParam().open(folder_, clock_);

  if (GetParam().shared) {
    ASSERT_THAT(second, IsOk());
    ASSERT_THAT(Insert(1, ""), IsOk());
    std::swap(database_, *second);
    EXPECT_EQ(CountItems(), 1);
    return;
  }
  EXPECT_THAT(second, StatusIs(absl::StatusCode::kFailedPrecondition,
                               "DATABASE_LOCKED"));
  ASSERT_THAT(database_->Close(), IsOk());
  EXPECT_THAT(GetParam().open(folder_, clock_), IsOk());
}

}  // namespace
}  // namespace crm::testing

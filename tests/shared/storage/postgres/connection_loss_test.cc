// What becomes of reads and writes when connections break and the server goes.

#include <future>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/storage/postgres/postgres_database.h"
#include "tests/shared/storage/database_contract.h"
#include "tests/support/matchers.h"
#include "tests/support/postgres_server/connection_proxy.h"
#include "tests/support/postgres_server/postgres_server.h"

namespace crm::testing {
namespace {

absl::Time In(absl::Duration wait) { return absl::Now() + wait; }

std::unique_ptr<Database> Open(const std::string& uri) {
  auto opened = OpenPostgres({.uri = uri});
  EXPECT_THAT(opened, IsOk());
  EXPECT_THAT((*opened)->Migrate(ItemSchema()), IsOk());
  return *std::move(opened);
}

absl::Status Insert(Database& database, int64_t id,
                    absl::Duration patience = absl::Seconds(30)) {
  return database.WriteAndWait(In(patience), [id](SqlWriter& writer) {
    return writer.Post("INSERT INTO items (id) VALUES (?)", {id});
  });
}

absl::StatusOr<int64_t> CountItems(Database& database) {
  int64_t count = -1;
  CRM_RETURN_IF_ERROR(database.Read(
      In(absl::Seconds(30)), [&](SqlReader& reader) -> absl::Status {
        CRM_ASSIGN_OR_RETURN(const SqlRows rows,
                             reader.Query("SELECT count(*) FROM items", {}));
        count = std::get<int64_t>(rows[0][0]);
        return absl::OkStatus();
      }));
  return count;
}

// Returns how long it took until `attempt` succeeded, at most a minute.
template <typename Attempt>
absl::Duration TimeUntilOk(Attempt attempt) {
  const absl::Time start = absl::Now();
  while (!attempt().ok() && absl::Now() < start + absl::Minutes(1)) {
    std::this_thread::yield();
  }
  return absl::Now() - start;
}

TEST(ConnectionLoss,
     AServerThatRestartsIsFoundAgainWithAllThatWasAcknowledged) {
  PostgresServer server;
  const auto database = Open(server.Uri("restart"));
  for (int64_t id = 0; id < 10; ++id) {
    ASSERT_THAT(Insert(*database, id), IsOk());
  }
  ASSERT_THAT(CountItems(*database), IsOk());

  server.Stop();
  EXPECT_THAT(Insert(*database, 100),
              StatusIs(absl::StatusCode::kUnavailable, "STORAGE_UNREACHABLE"));
  EXPECT_THAT(CountItems(*database),
              StatusIs(absl::StatusCode::kUnavailable, "STORAGE_UNREACHABLE"));
  EXPECT_THAT(database->CheckWritable(),
              StatusIs(absl::StatusCode::kUnavailable, "STORAGE_UNREACHABLE"));
  server.Start();

  EXPECT_LT(TimeUntilOk([&] { return Insert(*database, 101); }),
            absl::Seconds(10));
  EXPECT_THAT(database->CheckWritable(), IsOk());
  EXPECT_EQ(CountItems(*database).value(), 11);
}

class CutCommit : public ::testing::Test {
 protected:
  CutCommit()
      : proxy_(SharedPostgres().socket()),
        uri_(SharedPostgres().Uri(
            ::testing::UnitTest::GetInstance()->current_test_info()->name())),
        database_(Open(PostgresServer::Through(proxy_.folder(), uri_))) {}

  ConnectionProxy proxy_;
  const std::string uri_;
  const std::unique_ptr<Database> database_;
};

TEST_F(CutCommit, IsUnknownThoughItIsStored) {
  proxy_.CutNextCommit(ConnectionProxy::Cut::kAfterIt);

  EXPECT_THAT(Insert(*database_, 1),
              StatusIs(absl::StatusCode::kUnavailable, "COMMIT_UNKNOWN"));
  EXPECT_EQ(CountItems(*database_).value(), 1);
  EXPECT_THAT(Insert(*database_, 2), IsOk());
}

TEST_F(CutCommit, IsUnknownAlsoWhenItNeverArrived) {
  proxy_.CutNextCommit(ConnectionProxy::Cut::kBeforeIt);

  EXPECT_THAT(Insert(*database_, 1),
              StatusIs(absl::StatusCode::kUnavailable, "COMMIT_UNKNOWN"));
  EXPECT_EQ(CountItems(*database_).value(), 0);
  EXPECT_THAT(Insert(*database_, 1), IsOk());
}

TEST_F(CutCommit, ASilentServerHoldsNoCallerForLongerThanItsDeadline) {
  ASSERT_THAT(Insert(*database_, 0), IsOk());
  proxy_.Hold();
  const absl::Time start = absl::Now();

  const absl::Status status = Insert(*database_, 1, absl::Milliseconds(200));

  EXPECT_EQ(ErrorReason(status), "COMMIT_UNKNOWN");
  EXPECT_LT(absl::Now() - start, absl::Seconds(20));
}

TEST(ConnectionLoss, ABodyWhoseConnectionBreaksBeforeItsCommitRunsAgain) {
  PostgresServer& server = SharedPostgres();
  const std::string uri = server.Uri("again");
  const auto database = Open(uri);
  int runs = 0;

  const absl::Status status = database->WriteAndWait(
      In(absl::Seconds(30)), [&](SqlWriter& writer) -> absl::Status {
        CRM_ASSIGN_OR_RETURN(const SqlRows rows,
                             writer.Query("SELECT pg_backend_pid()", {}));
        if (++runs == 1) {
          server.Run(uri, absl::StrCat("SELECT pg_terminate_backend(",
                                       std::get<int64_t>(rows[0][0]), ")"));
        }
        return writer.Execute("INSERT INTO items (id) VALUES (1)", {}).status();
      });

  EXPECT_THAT(status, IsOk());
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(CountItems(*database).value(), 1);
}

}  // namespace
}  // namespace crm::testing

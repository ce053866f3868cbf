#include "shared/storage/postgres/postgres_database.h"

#include <atomic>
#include <future>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/status_macros.h"
#include "tests/shared/storage/database_contract.h"
#include "tests/support/matchers.h"
#include "tests/support/postgres_server/connection_proxy.h"
#include "tests/support/postgres_server/pooler.h"
#include "tests/support/postgres_server/postgres_server.h"

namespace crm::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

absl::Time In(absl::Duration wait) { return absl::Now() + wait; }
absl::Time Soon() { return In(absl::Seconds(30)); }

std::unique_ptr<Database> Open(const PostgresOptions& options) {
  auto opened = OpenPostgres(options);
  EXPECT_THAT(opened, IsOk());
  EXPECT_THAT((*opened)->Migrate(ItemSchema()), IsOk());
  return *std::move(opened);
}

absl::Status Insert(Database& database, int64_t id) {
  return database.WriteAndWait(Soon(), [id](SqlWriter& writer) {
    return writer.Post("INSERT INTO items (id) VALUES (?)", {id});
  });
}

int64_t CountItems(Database& database) {
  int64_t count = -1;
  EXPECT_THAT(
      database.Read(Soon(),
                    [&](SqlReader& reader) -> absl::Status {
                      CRM_ASSIGN_OR_RETURN(
                          const SqlRows rows,
                          reader.Query("SELECT count(*) FROM items", {}));
                      count = std::get<int64_t>(rows[0][0]);
                      return absl::OkStatus();
                    }),
      IsOk());
  return count;
}

TEST(PostgresDatabase, StopsAWriteAtItsDeadline) {
  const auto database = Open({.uri = SharedPostgres().Uri("write deadline")});
  const absl::Time start = absl::Now();

  const absl::Status status = database->WriteAndWait(
      In(absl::Milliseconds(300)), [](SqlWriter& writer) {
        return writer.Query("SELECT 1 FROM pg_sleep(60)", {}).status();
      });

  EXPECT_THAT(status, StatusIs(absl::StatusCode::kDeadlineExceeded,
                               "STATEMENT_TIMEOUT"));
  EXPECT_LT(absl::Now() - start, absl::Seconds(20));
  EXPECT_THAT(Insert(*database, 1), IsOk());
}

TEST(PostgresDatabase, KeepsTheStoresOfTwoSchemasApart) {
  const std::string uri = SharedPostgres().Uri("two schemas");
  const auto plain = Open({.uri = uri});
  const auto named = Open({.uri = uri, .schema = "named"});
  ASSERT_THAT(Insert(*plain, 1), IsOk());
  ASSERT_THAT(Insert(*named, 1), IsOk());
  ASSERT_THAT(Insert(*named, 2), IsOk());

  EXPECT_EQ(CountItems(*plain), 1);
  EXPECT_EQ(CountItems(*named), 2);
  EXPECT_EQ(CountItems(*Open({.uri = uri, .schema = "named"})), 2);
}

TEST(PostgresDatabase, StopsAReadAtItsLimit) {
  const auto database = Open({.uri = SharedPostgres().Uri("read limit"),
                              .read_limit = absl::Milliseconds(200)});

  EXPECT_THAT(
      database->Read(
          Soon(),
          [](SqlReader& reader) {
            return reader.Query("SELECT 1 FROM pg_sleep(60)", {}).status();
          }),
      StatusIs(absl::StatusCode::kDeadlineExceeded, "READ_INTERRUPTED"));
  EXPECT_EQ(CountItems(*database), 0);
}

TEST(PostgresDatabase, BoundsTheReadersAtOnce) {
  const auto database =
      Open({.uri = SharedPostgres().Uri("readers"), .readers = 1});

  const absl::Status outer = database->Read(Soon(), [&](SqlReader&) {
    return database->Read(In(absl::Milliseconds(50)),
                          [](SqlReader&) { return absl::OkStatus(); });
  });

  EXPECT_THAT(outer,
              StatusIs(absl::StatusCode::kDeadlineExceeded, "READERS_BUSY"));
}

TEST(PostgresDatabase, RefusesAServerThatAcknowledgesTooSoon) {
  PostgresServer& server = SharedPostgres();
  const std::string uri = server.Uri("not durable");
  server.Run(uri, absl::StrCat("ALTER DATABASE ", PostgresServer::NameOf(uri),
                               " SET synchronous_commit = off"));

  EXPECT_THAT(
      OpenPostgres({.uri = uri}),
      StatusIs(absl::StatusCode::kFailedPrecondition, "STORAGE_NOT_DURABLE"));
}

TEST(PostgresDatabase, SaysThatTheServerIsAwayWithoutThePassword) {
  const auto opened = OpenPostgres(
      {.uri = "postgres://crm@/crm?host=/nowhere", .password = "s3cret"});

  EXPECT_THAT(opened,
              StatusIs(absl::StatusCode::kUnavailable, "STORAGE_UNREACHABLE"));
  EXPECT_THAT(std::string(opened.status().message()), Not(HasSubstr("s3cret")));
}

TEST(PostgresDatabase, F40_LetsReplicasMigrateAtOnce) {
  const std::string uri = SharedPostgres().Uri("migrations");
  std::vector<std::thread> replicas;
  std::atomic<int> migrated = 0;
  std::atomic<int> created = 0;
  for (int i = 0; i < 4; ++i) {
    replicas.emplace_back([&] {
      const auto database = OpenPostgres({.uri = uri});
      ASSERT_THAT(database, IsOk());
      const auto result = (*database)->Migrate(ItemSchema());
      ASSERT_THAT(result, IsOk());
      ++migrated;
      created += result->created ? 1 : 0;
    });
  }
  for (std::thread& replica : replicas) replica.join();

  EXPECT_EQ(migrated, 4);
  EXPECT_EQ(created, 1);
}

TEST(PostgresDatabase, LetsStatementsThatNobodyWaitsForTravelTogether) {
  PostgresServer& server = SharedPostgres();
  ConnectionProxy proxy(server.socket());
  const auto database = Open(
      {.uri = PostgresServer::Through(proxy.folder(), server.Uri("together"))});
  ASSERT_THAT(Insert(*database, 1), IsOk());
  const int64_t before = proxy.round_trips();

  const absl::Status status =
      database->WriteAndWait(Soon(), [](SqlWriter& writer) -> absl::Status {
        CRM_RETURN_IF_ERROR(writer.Query("SELECT id FROM items", {}).status());
        for (int64_t id = 100; id < 120; ++id) {
          CRM_RETURN_IF_ERROR(
              writer.Post("INSERT INTO items (id) VALUES (?)", {id}));
        }
        return absl::OkStatus();
      });

  EXPECT_THAT(status, IsOk());
  // One for the query, one for all else with the commit.
  EXPECT_EQ(proxy.round_trips() - before, 2);
  EXPECT_EQ(CountItems(*database), 21);
}

TEST(PostgresDatabase, WorksBehindAPoolerThatSwitchesServersByTransaction) {
  PostgresServer& server = SharedPostgres();
  const Pooler pooler(server, /*connections=*/2);
  const auto database = Open(
      {.uri = PostgresServer::Through(pooler.folder(), server.Uri("pooled"))});
  std::vector<std::thread> callers;
  std::atomic<int> failures = 0;
  for (int64_t caller = 0; caller < 8; ++caller) {
    callers.emplace_back([&, caller] {
      for (int64_t i = 0; i < 20; ++i) {
        const int64_t id = caller * 100 + i;
        absl::Status written = Insert(*database, id);
        while (absl::IsAborted(written)) written = Insert(*database, id);
        failures += written.ok() ? 0 : 1;
        failures += CountItems(*database) > i ? 0 : 1;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();

  EXPECT_EQ(failures, 0);
  EXPECT_EQ(CountItems(*database), 160);
}

// The bodies share a transaction, so the second and third send a statement that
// the server has prepared for the types of the first, or has skipped because
// the one before it failed.
TEST(PostgresDatabase, PreparesAStatementForTheTypesThatItComesWith) {
  const auto database = Open({.uri = SharedPostgres().Uri("prepared")});
  constexpr char kInsert[] = "INSERT INTO items (id, score) VALUES (?, ?)";
  const std::vector<std::vector<SqlValue>> wanted = {{int64_t{1}, 0.5},
                                                     {int64_t{1}, 0.5},
                                                     {int64_t{2}, int64_t{2}},
                                                     {int64_t{3}, SqlValue()},
                                                     {int64_t{4}, 4.5}};
  std::promise<void> may_start;
  const std::shared_future<void> start = may_start.get_future().share();
  // Holds the thread that writes until all others wait.
  database->Write(
      Soon(),
      [&](SqlWriter&) {
        start.wait();
        return absl::OkStatus();
      },
      [](const absl::Status&) {});
  std::vector<std::promise<absl::Status>> ends(wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i) {
    database->Write(
        Soon(),
        [&, i](SqlWriter& writer) {
          return writer.Execute(kInsert, wanted[i]).status();
        },
        [&, i](absl::Status status) { ends[i].set_value(std::move(status)); });
  }
  may_start.set_value();

  for (size_t i = 0; i < wanted.size(); ++i) {
    const absl::Status end = ends[i].get_future().get();
    EXPECT_EQ(end.ok(), i != 1) << i << ": " << end;
  }
  SqlRows rows;
  ASSERT_THAT(database->Read(Soon(),
                             [&](SqlReader& reader) -> absl::Status {
                               CRM_ASSIGN_OR_RETURN(
                                   rows,
                                   reader.Query("SELECT id, score FROM items "
                                                "ORDER BY id",
                                                {}));
                               return absl::OkStatus();
                             }),
              IsOk());
  EXPECT_THAT(
      rows,
      ElementsAre(SqlRow{int64_t{1}, 0.5}, SqlRow{int64_t{2}, 2.0},
                  SqlRow{int64_t{3}, SqlValue()}, SqlRow{int64_t{4}, 4.5}));
}

TEST(PostgresDatabase, TellsTheTimeOfTheServer) {
  const auto database = Open({.uri = SharedPostgres().Uri("time")});
  int64_t micros = 0;

  ASSERT_THAT(
      database->Read(
          Soon(),
          [&](SqlReader& reader) -> absl::Status {
            CRM_ASSIGN_OR_RETURN(
                const SqlRows rows,
                reader.Query(absl::StrCat("SELECT ", database->TimeSql()), {}));
            micros = std::get<int64_t>(rows[0][0]);
            return absl::OkStatus();
          }),
      IsOk());

  EXPECT_LT(absl::AbsDuration(absl::FromUnixMicros(micros) - absl::Now()),
            absl::Minutes(1));
}

}  // namespace
}  // namespace crm::testing

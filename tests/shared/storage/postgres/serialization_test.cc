// What happens when many writers want the same row.

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "shared/base/status_macros.h"
#include "shared/storage/postgres/postgres_database.h"
#include "tests/shared/storage/database_contract.h"
#include "tests/support/matchers.h"
#include "tests/support/postgres_server/postgres_server.h"

namespace crm::testing {
namespace {

constexpr int kClients = 64;
constexpr int kCallsEach = 5;

absl::Time Soon() { return absl::Now() + absl::Seconds(60); }

// Reads, and writes what it read plus one: two that read the same would lose an
// update.
absl::Status AddOne(SqlWriter& writer) {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      writer.Query("SELECT delete_time FROM items WHERE id = 0", {}));
  return writer.Post("UPDATE items SET delete_time = ? WHERE id = 0",
                     {std::get<int64_t>(rows.at(0).at(0)) + 1});
}

// Returns the one number that `sql` finds.
int64_t NumberOf(Database& database, absl::string_view sql) {
  int64_t value = -1;
  EXPECT_THAT(database.Read(Soon(),
                            [&](SqlReader& reader) -> absl::Status {
                              CRM_ASSIGN_OR_RETURN(const SqlRows rows,
                                                   reader.Query(sql, {}));
                              value = std::get<int64_t>(rows[0][0]);
                              return absl::OkStatus();
                            }),
              IsOk());
  return value;
}

int64_t CounterOf(Database& database) {
  return NumberOf(database, "SELECT delete_time FROM items WHERE id = 0");
}

int64_t CountOf(Database& database) {
  return NumberOf(database, "SELECT count(*) FROM items");
}

// Two replicas of a service over one database.
class Serialization : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string uri = SharedPostgres().Uri(
        ::testing::UnitTest::GetInstance()->current_test_info()->name());
    for (auto& replica : replicas_) {
      auto opened = OpenPostgres({.uri = uri});
      ASSERT_THAT(opened, IsOk());
      replica = *std::move(opened);
      ASSERT_THAT(replica->Migrate(ItemSchema()), IsOk());
    }
    ASSERT_THAT(replicas_[0]->WriteAndWait(
                    Soon(),
                    [](SqlWriter& writer) {
                      return writer.Post(
                          "INSERT INTO items (id, delete_time) VALUES (0, 0)",
                          {});
                    }),
                IsOk());
  }

  std::unique_ptr<Database> replicas_[2];
};

TEST_F(Serialization, F34_PAIN_19_LosesNoUpdateOfARowThatSixtyFourWritersWant) {
  std::vector<int> succeeded(kClients);
  std::atomic<int> wrong_errors = 0;
  std::atomic<int> most_runs = 0;
  std::vector<std::thread> clients;
  for (int client = 0; client < kClients; ++client) {
    clients.emplace_back([&, client] {
      Database& database = *replicas_[client % 2];
      for (int call = 0; call < kCallsEach; ++call) {
        int runs = 0;
        const absl::Status status =
            database.WriteAndWait(Soon(), [&runs](SqlWriter& writer) {
              ++runs;
              return AddOne(writer);
            });
        if (status.ok()) ++succeeded[client];
        if (!status.ok() && !absl::IsAborted(status)) ++wrong_errors;
        int known = most_runs;
        while (known < runs && !most_runs.compare_exchange_weak(known, runs)) {
        }
      }
    });
  }
  for (std::thread& client : clients) client.join();

  int total = 0;
  for (const int each : succeeded) total += each;
  EXPECT_EQ(CounterOf(*replicas_[0]), total);
  EXPECT_EQ(wrong_errors, 0);
  EXPECT_LE(most_runs, 5);
  EXPECT_GT(*std::min_element(succeeded.begin(), succeeded.end()), 0);
}

// Three commits in ten fail, though nobody is in anybody's way.
TEST_F(Serialization, F34_CommitsThatTheServerRefusesAreTriedAgain) {
  const std::string uri = SharedPostgres().Uri(
      ::testing::UnitTest::GetInstance()->current_test_info()->name());
  SharedPostgres().Run(
      uri,
      "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
      "IF random() < 0.3 THEN RAISE 'refused' USING ERRCODE = '40001'; END IF; "
      "RETURN NULL; END $$");
  SharedPostgres().Run(
      uri,
      "CREATE CONSTRAINT TRIGGER refusal AFTER INSERT ON items DEFERRABLE "
      "INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()");
  std::atomic<int> all_runs = 0;
  std::atomic<int> most_runs = 0;
  std::atomic<int> wrong_errors = 0;
  std::vector<int> succeeded(kClients);
  std::vector<std::thread> clients;
  for (int client = 0; client < kClients; ++client) {
    clients.emplace_back([&, client] {
      for (int64_t call = 0; call < kCallsEach; ++call) {
        int runs = 0;
        const absl::Status status = replicas_[client % 2]->WriteAndWait(
            Soon(), [&, client](SqlWriter& writer) {
              ++runs;
              return writer.Post("INSERT INTO items (id) VALUES (?)",
                                 {1 + client * kCallsEach + call});
            });
        if (status.ok()) ++succeeded[client];
        if (!status.ok() && !absl::IsAborted(status)) ++wrong_errors;
        all_runs += runs;
        int known = most_runs;
        while (known < runs && !most_runs.compare_exchange_weak(known, runs)) {
        }
      }
    });
  }
  for (std::thread& client : clients) client.join();

  int total = 0;
  for (const int each : succeeded) total += each;
  EXPECT_GT(all_runs, kClients * kCallsEach) << "no commit was refused";
  EXPECT_EQ(wrong_errors, 0);
  EXPECT_LE(most_runs, 5);
  EXPECT_GT(*std::min_element(succeeded.begin(), succeeded.end()), 0);
  EXPECT_EQ(CountOf(*replicas_[0]), 1 + total);
}

TEST_F(Serialization, F34_OneHotBodyFailsNoOtherOfItsGroup) {
  std::atomic<int> failed = 0;
  std::vector<std::thread> clients;
  for (int client = 0; client < 16; ++client) {
    clients.emplace_back([&, client] {
      Database& database = *replicas_[client % 2];
      for (int64_t call = 0; call < 10; ++call) {
        if (client < 8) {
          database.WriteAndWait(Soon(), AddOne).IgnoreError();
          continue;
        }
        const absl::Status status =
            database.WriteAndWait(Soon(), [&](SqlWriter& writer) {
              return writer.Post("INSERT INTO items (id) VALUES (?)",
                                 {client * 100 + call});
            });
        failed += status.ok() ? 0 : 1;
      }
    });
  }
  for (std::thread& client : clients) client.join();

  EXPECT_EQ(failed, 0);
}

}  // namespace
}  // namespace crm::testing

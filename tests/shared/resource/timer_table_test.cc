#include "shared/resource/timer_table.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/status_macros.h"
#include "tests/shared/events/stores.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::kPatience;
using ::crm::testing::OpenTestDatabase;
using ::crm::testing::StatusIs;
using ::crm::testing::TempFolder;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kKey[] = "customers/a";

// The table as programs made it whose keys of it begin with the partition.
SqlTable OlderTable() {
  SqlTable table = TimerTable();
  table.primary_key = std::exchange(table.former_key, {});
  table.retired_indexes.clear();
  table.indexes.push_back({.name = "one_timer",
                           .columns = {"part", "tenant", "kind", "timer_key"},
                           .unique = true});
  return table;
}

class TimerTableTest : public ::testing::Test {
 protected:
  absl::Status Write(Database::WriteBody body) {
    return database_->WriteAndWait(clock_.Now() + kPatience, std::move(body));
  }

  void Set(const std::string& tenant, int second, const std::string& payload) {
    EXPECT_THAT(Write([&](SqlWriter& writer) {
                  return SetTimer(writer,
                                  {.tenant = tenant,
                                   .kind = "remind",
                                   .key = kKey,
                                   .due_time = absl::FromUnixSeconds(second),
                                   .payload = payload});
                }),
                IsOk());
  }

  // Returns the payloads of the timers of `tenant` that were ever due.
  std::vector<std::string> Due(const std::string& tenant) {
    std::vector<std::string> payloads;
    EXPECT_THAT(Write([&](SqlWriter& writer) -> absl::Status {
                  CRM_ASSIGN_OR_RETURN(
                      const std::vector<StoredTimer> due,
                      DueTimers(writer, TimerPartition(tenant, kKey),
                                {"remind"}, absl::FromUnixSeconds(1000), 100));
                  for (const StoredTimer& stored : due) {
                    if (stored.timer.tenant != tenant) continue;
                    payloads.push_back(stored.timer.payload);
                  }
                  return absl::OkStatus();
                }),
                IsOk());
    return payloads;
  }

  TempFolder folder_;
  SystemClock clock_;
  std::unique_ptr<Database> database_ =
      OpenTestDatabase(folder_.File("timers.db"), {OlderTable()});
};

TEST_F(TimerTableTest, AStoreOfOlderProgramsKeepsItsTimersWhenItGetsItsKey) {
  const SqlSchema wanted{.version = 2, .tables = {TimerTable()}};
  Set("acme", 10, "first");
  Set("other", 10, "of another");
  ASSERT_THAT(database_->Migrate(wanted), IsOk());
  // A timer is moved, by a program of either kind.
  Set("acme", 20, "second");
  ASSERT_THAT(database_->Migrate({.tables = {OlderTable()}}), IsOk());
  EXPECT_THAT(Due("acme"), ElementsAre("second"));

  absl::StatusOr<bool> more = true;
  while (more.ok() && *more) more = database_->Contract(wanted);
  ASSERT_THAT(more, IsOk());

  EXPECT_THAT(
      database_->Migrate({.tables = {OlderTable()}}),
      StatusIs(absl::StatusCode::kFailedPrecondition, "SCHEMA_TOO_NEW"));
  ASSERT_THAT(database_->Migrate(wanted), IsOk());
  EXPECT_THAT(Due("acme"), ElementsAre("second"));
  Set("acme", 30, "third");
  EXPECT_THAT(Due("acme"), ElementsAre("third"));
  EXPECT_THAT(Due("other"), ElementsAre("of another"));
}

TEST_F(TimerTableTest, ThereIsOneOfATenantAKindAndAKey) {
  ASSERT_THAT(
      OpenTestDatabase(folder_.File("new.db"), {TimerTable()})
          ->WriteAndWait(
              clock_.Now() + kPatience,
              [](SqlWriter& writer) {
                // Whatever the partition and the time.
                const std::string sql =
                    "INSERT INTO timer (part, due_time, tenant, kind, "
                    "timer_key, payload, next_try, attempts, error) "
                    "VALUES (?, ?, 'acme', 'remind', 'customers/a', "
                    "?, 0, 0, '')";
                CRM_RETURN_IF_ERROR(
                    writer.Execute(sql, {int64_t{1}, int64_t{1}, SqlBlob{""}})
                        .status());
                return writer
                    .Execute(sql, {int64_t{2}, int64_t{2}, SqlBlob{""}})
                    .status();
              }),
      StatusIs(absl::StatusCode::kAlreadyExists, "UNIQUE_VIOLATION"));
  EXPECT_THAT(Due("acme"), IsEmpty());
}

}  // namespace
}  // namespace crm

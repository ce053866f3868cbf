#include "shared/storage/duckdb/duck_database.h"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "tests/shared/storage/database_contract.h"
#include "tests/support/matchers.h"

namespace crm::testing {
namespace {

namespace fs = std::filesystem;

using ::testing::ElementsAre;

class DuckDatabaseTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = MakeFolder();
    options_ = {.path = absl::StrCat(folder_, "/warehouse.duckdb"),
                .memory_limit_bytes = int64_t{128} << 20};
    Reopen();
  }

  void TearDown() override {
    database_.reset();
    fs::remove_all(folder_);
  }

  void Reopen() {
    database_.reset();
    auto opened = DuckDatabase::Open(options_);
    ASSERT_THAT(opened, IsOk());
    database_ = *std::move(opened);
  }

  void Run(absl::string_view sql, const std::vector<SqlValue>& params = {}) {
    ASSERT_THAT(database_->Execute(sql, params), IsOk());
  }

  std::string folder_;
  DuckOptions options_;
  std::unique_ptr<DuckDatabase> database_;
};

TEST_F(DuckDatabaseTest, RoundTripsParameters) {
  Run("CREATE TABLE facts (i BIGINT, r DOUBLE, t VARCHAR, b BLOB, n VARCHAR)");
  const SqlRow row = {
      std::numeric_limits<int64_t>::min(), -0.1, "Zoë \xF0\x9F\x8C\x8D",
      SqlBlob{std::string("\x00\xFF\x00", 3)}, std::monostate()};

  const auto changed =
      database_->Execute("INSERT INTO facts VALUES (?, ?, ?, ?, ?)", row);

  EXPECT_THAT(changed, IsOkAndHolds(1));
  EXPECT_THAT(database_->Query("SELECT * FROM facts WHERE t = ?", {row[2]}),
              IsOkAndHolds(ElementsAre(row)));
}

TEST_F(DuckDatabaseTest, KeepsDecimalsAndHugeSumsExact) {
  const auto rows = database_->Query(
      "SELECT 2297200.8603::DECIMAL(18,4), -0.05::DECIMAL(4,2), "
      "'-12345678901234567890123456.789012345678'::DECIMAL(38,12), "
      "sum(x), max(x)::UBIGINT, "
      "'-170141183460469231731687303715884105728'::HUGEINT "
      "FROM (VALUES (9223372036854775807), (9223372036854775807)) v(x)");

  EXPECT_THAT(rows, IsOkAndHolds(ElementsAre(
                        SqlRow{"2297200.8603", "-0.05",
                               "-12345678901234567890123456.789012345678",
                               "18446744073709551614", "9223372036854775807",
                               "-170141183460469231731687303715884105728"})));
}

TEST_F(DuckDatabaseTest, TakesAndGivesInstantsAsMicroseconds) {
  Run("CREATE TABLE visits (seen TIMESTAMP, zoned TIMESTAMPTZ, day DATE)");
  const SqlRow row = {int64_t{1'700'000'000'123'456},
                      int64_t{1'700'000'000'123'456}, int64_t{19'675}};

  Run("INSERT INTO visits VALUES (?, ?, ?)", row);

  EXPECT_THAT(
      database_->Query("SELECT * FROM visits WHERE seen <= ?", {row[0]}),
      IsOkAndHolds(ElementsAre(row)));
  EXPECT_THAT(database_->Query("SELECT strftime(day, '%Y-%m-%d') FROM visits"),
              IsOkAndHolds(ElementsAre(SqlRow{"2023-11-14"})));
}

TEST_F(DuckDatabaseTest, StatementsAreRightWhenDataOutgrowsWhatTheySawFirst) {
  Run("CREATE TABLE facts (name VARCHAR, i BIGINT)");
  Run("INSERT INTO facts VALUES ('a', 1), ('b', 1)");
  const char* ordered = "SELECT name, i FROM facts ORDER BY name";
  const char* large = "SELECT count(*) FROM facts WHERE i > 100";
  ASSERT_THAT(database_->Query(ordered), IsOk());
  ASSERT_THAT(database_->Query(large),
              IsOkAndHolds(ElementsAre(SqlRow{int64_t{0}})));

  Run("UPDATE facts SET i = 1795791122");

  EXPECT_THAT(database_->Query(ordered),
              IsOkAndHolds(ElementsAre(SqlRow{"a", int64_t{1795791122}},
                                       SqlRow{"b", int64_t{1795791122}})));
  EXPECT_THAT(database_->Query(large),
              IsOkAndHolds(ElementsAre(SqlRow{int64_t{2}})));
}

TEST_F(DuckDatabaseTest, AppendsRows) {
  Run("CREATE TABLE lines (sold TIMESTAMP, amount DECIMAL(18,4), sku VARCHAR)");
  const std::vector<SqlRow> lines = {
      {int64_t{1'000'000}, "19.9900", "A-1"},
      {int64_t{2'000'000}, "0.0100", std::monostate()}};

  ASSERT_THAT(database_->Transaction([&](DuckWriter& writer) {
    return writer.Append("lines", lines);
  }),
              IsOk());

  EXPECT_THAT(database_->Query("SELECT * FROM lines ORDER BY sold"),
              IsOkAndHolds(ElementsAre(lines[0], lines[1])));
  EXPECT_THAT(database_->Query("SELECT sum(amount) FROM lines"),
              IsOkAndHolds(ElementsAre(SqlRow{"20.0000"})));
}

TEST_F(DuckDatabaseTest, RefusesRowsThatDoNotFit) {
  Run("CREATE TABLE lines (sku VARCHAR, amount DECIMAL(18,4))");

  const auto append = [&](SqlRow row) {
    return database_->Transaction([&](DuckWriter& writer) {
      return writer.Append("lines", {std::move(row)});
    });
  };

  EXPECT_THAT(append({"A-1"}),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_APPEND"));
  EXPECT_THAT(append({"A-1", "much"}),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_APPEND"));
  EXPECT_THAT(append({"A-1", "1"}), IsOk());
}

TEST_F(DuckDatabaseTest, TakesBackATransactionThatFails) {
  Run("CREATE TABLE facts (i BIGINT PRIMARY KEY)");

  const absl::Status status = database_->Transaction([](DuckWriter& writer) {
    CRM_RETURN_IF_ERROR(
        writer.Execute("INSERT INTO facts VALUES (1)", {}).status());
    return Aborted("UNWANTED", "Not this one.");
  });
  const absl::Status repeated = database_->Transaction([](DuckWriter& writer) {
    CRM_RETURN_IF_ERROR(
        writer.Execute("INSERT INTO facts VALUES (2)", {}).status());
    return writer.Execute("INSERT INTO facts VALUES (2)", {}).status();
  });

  EXPECT_THAT(status, StatusIs(absl::StatusCode::kAborted, "UNWANTED"));
  EXPECT_THAT(repeated,
              StatusIs(absl::StatusCode::kAlreadyExists, "UNIQUE_VIOLATION"));
  EXPECT_THAT(database_->Query("SELECT i FROM facts"),
              IsOkAndHolds(ElementsAre()));
}

TEST_F(DuckDatabaseTest, FindsEverythingAfterReopening) {
  Run("CREATE TABLE facts (i BIGINT)");
  Run("INSERT INTO facts SELECT * FROM range(1000)");

  Reopen();

  EXPECT_FALSE(database_->rebuilt());
  EXPECT_FALSE(fs::exists(options_.path + ".wal"));
  EXPECT_THAT(database_->Query("SELECT count(*) FROM facts"),
              IsOkAndHolds(ElementsAre(SqlRow{int64_t{1000}})));
}

TEST_F(DuckDatabaseTest, F41_MovesAsideAFileThatKilledItsOpener) {
  Run("CREATE TABLE facts (i BIGINT)");
  database_.reset();
  std::ofstream(options_.path + ".opening").put('\n');

  Reopen();

  EXPECT_TRUE(database_->rebuilt());
  EXPECT_TRUE(fs::exists(options_.path + ".aside"));
  EXPECT_THAT(database_->Query("SELECT * FROM facts"),
              StatusIs(absl::StatusCode::kInternal, "STORAGE_ERROR"));
  Reopen();
  EXPECT_FALSE(database_->rebuilt());
}

TEST_F(DuckDatabaseTest, F41_MovesAsideABrokenFile) {
  database_.reset();
  std::ofstream(options_.path) << std::string(100'000, 'x');

  Reopen();

  EXPECT_TRUE(database_->rebuilt());
  Run("CREATE TABLE facts (i BIGINT)");
}

TEST_F(DuckDatabaseTest, F28_LeavesAFileAloneThatIsOpenElsewhere) {
  Run("CREATE TABLE facts (i BIGINT)");

  EXPECT_THAT(
      DuckDatabase::Open(options_),
      StatusIs(absl::StatusCode::kFailedPrecondition, "DATABASE_LOCKED"));

  EXPECT_THAT(database_->Query("SELECT * FROM facts"), IsOk());
  EXPECT_FALSE(fs::exists(options_.path + ".aside"));
}

TEST_F(DuckDatabaseTest, ReachesNothingOutside) {
  for (const char* sql :
       {"SELECT * FROM read_csv('/etc/passwd')", "INSTALL httpfs",
        "LOAD httpfs", "ATTACH '/tmp/other.duckdb' AS other",
        "COPY (SELECT 1) TO '/tmp/out.csv'",
        "SET enable_external_access = true", "SET memory_limit = '10GB'"}) {
    EXPECT_THAT(database_->Query(sql),
                StatusIs(absl::StatusCode::kInternal, "STORAGE_ERROR"))
        << sql;
  }
}

TEST_F(DuckDatabaseTest, RefusesMoreThanOneStatementAndWrongParameters) {
  EXPECT_THAT(database_->Query("SELECT 1; SELECT 2"),
              StatusIs(absl::StatusCode::kInternal, "STORAGE_ERROR"));
  EXPECT_THAT(database_->Query("SELECT ?", {}),
              StatusIs(absl::StatusCode::kInternal, "STORAGE_ERROR"));
  EXPECT_THAT(database_->Query("SELECT [1, 2]"),
              StatusIs(absl::StatusCode::kInternal, "STORAGE_ERROR"));
}

TEST_F(DuckDatabaseTest, BoundsTheRowsOfAResult) {
  EXPECT_THAT(
      database_->Query("SELECT * FROM range(?)",
                       {static_cast<int64_t>(kMaxRows) + 1}),
      StatusIs(absl::StatusCode::kResourceExhausted, "RESULT_TOO_LARGE"));
}

TEST_F(DuckDatabaseTest, ReadsWhileItWrites) {
  Run("CREATE TABLE facts (i BIGINT)");
  std::atomic<bool> consistent = true;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      for (int turn = 0; turn < 20; ++turn) {
        const auto rows = database_->Query("SELECT count(*) % 10 FROM facts");
        if (!rows.ok() || std::get<int64_t>((*rows)[0][0]) != 0) {
          consistent = false;
        }
      }
    });
  }
  for (int turn = 0; turn < 20; ++turn) {
    Run("INSERT INTO facts SELECT * FROM range(10)");
  }
  for (std::thread& reader : readers) reader.join();

  EXPECT_TRUE(consistent);
}

}  // namespace
}  // namespace crm::testing

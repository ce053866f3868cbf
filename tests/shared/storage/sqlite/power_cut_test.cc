// Cuts the power at many instants of a store's life and looks at what is left.
//
// One run over a FaultyDisk gives the record of all writes and syncs. At each
// cut the disk is made as it may be found then, and opened as a service does.
// A real kill of the process cannot show a missing sync: the kernel keeps what
// was written.

#include "tests/support/power_cut.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/status_macros.h"
#include "shared/storage/sqlite/snapshot.h"
#include "shared/storage/sqlite/sqlite_database.h"
#include "tests/shared/storage/database_contract.h"
#include "tests/support/faulty_disk.h"
#include "tests/support/matchers.h"

namespace crm::testing {
namespace {

namespace fs = std::filesystem;

constexpr char kFile[] = "store.db";

// Each write stores this many rows, which must survive together.
constexpr int64_t kParts = 3;

// The first write after a cut.
constexpr int64_t kAfterCut = 1000;

// How many cuts there are by default; CRM_POWER_CUTS asks for more.
constexpr int kCuts = 2000;

SqlSchema FirstSchema() {
  return {.tables = {{.name = "parts",
                      .columns = {{.name = "id", .type = SqlType::kInteger},
                                  {.name = "part", .type = SqlType::kInteger},
                                  {.name = "body", .type = SqlType::kBlob}},
                      .primary_key = {"id", "part"}},
                     {.name = "total",
                      .columns = {{.name = "id", .type = SqlType::kInteger},
                                  {.name = "n", .type = SqlType::kInteger}},
                      .primary_key = {"id"}}}};
}

SqlSchema SecondSchema() {
  SqlSchema schema = FirstSchema();
  schema.tables[0].columns.push_back(
      {.name = "stage", .type = SqlType::kText, .default_value = "new"});
  schema.tables[0].indexes.push_back(
      {.name = "parts_by_stage", .columns = {"stage", "id"}});
  return schema;
}

// Of a program that knows the table by another key.
SqlSchema ThirdSchema() {
  SqlSchema schema = SecondSchema();
  schema.version = 2;
  schema.tables[0].former_key = schema.tables[0].primary_key;
  schema.tables[0].primary_key = {"part", "id"};
  return schema;
}

class PowerCutTest : public ::testing::Test {
 protected:
  void SetUp() override { folder_ = MakeFolder(); }
  void TearDown() override { fs::remove_all(folder_); }

  // Small sizes, so that the log is copied and truncated often.
  SqliteOptions Options(const FaultyDisk& disk) const {
    return {.path = absl::StrCat(folder_, "/", kFile),
            .readers = 1,
            .checkpoint_bytes = 48 << 10,
            .truncate_bytes = 64 << 10,
            .min_free_bytes = 0,
            .min_free_fraction = 0,
            .vfs = disk.vfs()};
  }

  std::unique_ptr<Database> Open(const FaultyDisk& disk) {
    auto opened = OpenSqlite(Options(disk));
    EXPECT_THAT(opened, IsOk());
    return opened.ok() ? *std::move(opened) : nullptr;
  }

  // Stores the writes `from` up to `to` in groups of random size, and marks
  // each on the disk when it is acknowledged.
  void WriteSome(Database& database, FaultyDisk& disk, int64_t from,
                 int64_t to) {
    for (int64_t id = from; id < to;) {
      const int64_t end =
          std::min(to, id + 1 + static_cast<int64_t>(random_() % 4));
      std::vector<std::future<absl::Status>> outcomes;
      for (; id < end; ++id) {
        auto outcome = std::make_shared<std::promise<absl::Status>>();
        outcomes.push_back(outcome->get_future());
        database.Write(
            absl::InfiniteFuture(),
            [id, size = random_() % 2500](SqlWriter& writer) {
              return StoreParts(writer, id, size);
            },
            [id, outcome, &disk](absl::Status status) {
              if (status.ok()) disk.Mark(id);
              outcome->set_value(status);
            });
      }
      for (auto& outcome : outcomes) ASSERT_THAT(outcome.get(), IsOk());
    }
  }

  static absl::Status StoreParts(SqlWriter& writer, int64_t id, size_t size) {
    for (int64_t part = 0; part < kParts; ++part) {
      CRM_RETURN_IF_ERROR(
          writer
              .Execute("INSERT INTO parts (id, part, body) VALUES (?, ?, ?)",
                       {id, part, SqlBlob{std::string(size, 'x')}})
              .status());
    }
    return writer
        .Execute(
            "INSERT INTO total (id, n) VALUES (1, 1) ON CONFLICT (id) "
            "DO UPDATE SET n = total.n + 1",
            {})
        .status();
  }

  // The life of a store: it is made, written to, backed up while it is written
  // to, migrated twice, contracted while it is written to, closed, opened and
  // written to again, with checkpoints all along.
  std::vector<DiskOperation> RecordALife(FaultyDisk& disk) {
    disk.StartRecording();
    std::unique_ptr<Database> database = Open(disk);
    EXPECT_THAT(database->Migrate(FirstSchema()), IsOk());
    WriteSome(*database, disk, 0, 160);
    auto backup = std::async(std::launch::async, [&] {
      return SnapshotSqlite(Options(disk), absl::StrCat(folder_, "/copy.db"));
    });
    WriteSome(*database, disk, 160, 200);
    EXPECT_THAT(backup.get(), IsOk());
    EXPECT_THAT(database->Migrate(SecondSchema()), IsOk());
    WriteSome(*database, disk, 200, 210);
    EXPECT_THAT(database->Migrate(ThirdSchema()), IsOk());
    int64_t next = 210;
    while (Contract(*database)) {
      WriteSome(*database, disk, next, next + 5);
      next += 5;
    }
    EXPECT_GT(next, 220) << "there was nothing to contract";
    WriteSome(*database, disk, next, 240);
    EXPECT_GT(database->Stats().checkpoints, 2);
    EXPECT_THAT(database->Close(), IsOk());
    database = Open(disk);
    WriteSome(*database, disk, 240, 300);
    database.reset();
    return disk.StopRecording();
  }

  // Takes one step.
  static bool Contract(Database& database) {
    const absl::StatusOr<bool> more = database.Contract(ThirdSchema());
    EXPECT_THAT(more, IsOk());
    return more.ok() && *more;
  }

  void PutOnDisk(const DiskImage& image) {
    for (const auto& entry : fs::directory_iterator(folder_)) {
      fs::remove(entry.path());
    }
    for (const auto& [name, bytes] : image) {
      std::ofstream(absl::StrCat(folder_, "/", name), std::ios::binary)
          .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    }
  }

  // What a store that is opened after a cut shows.
  struct Found {
    std::string integrity;
    std::map<int64_t, int64_t> parts;
    int64_t total = 0;
  };

  static Found Look(Database& database) {
    Found found;
    EXPECT_THAT(
        database.Read(
            absl::InfiniteFuture(),
            [&](SqlReader& reader) -> absl::Status {
              CRM_ASSIGN_OR_RETURN(SqlRows rows,
                                   reader.Query("PRAGMA integrity_check", {}));
              found.integrity = std::get<std::string>(rows[0][0]);
              CRM_ASSIGN_OR_RETURN(
                  rows, reader.Query("SELECT id, count(*) FROM parts GROUP BY "
                                     "id ORDER BY id",
                                     {}));
              for (const SqlRow& row : rows) {
                found.parts[std::get<int64_t>(row[0])] =
                    std::get<int64_t>(row[1]);
              }
              CRM_ASSIGN_OR_RETURN(rows,
                                   reader.Query("SELECT n FROM total", {}));
              if (!rows.empty()) found.total = std::get<int64_t>(rows[0][0]);
              return absl::OkStatus();
            }),
        IsOk());
    return found;
  }

  // Opens what a cut left, checks it, and stores the write `next`. Returns how
  // many acknowledged writes are missing.
  int64_t OpenAndCheck(FaultyDisk& disk, const std::set<int64_t>& acknowledged,
                       int64_t next) {
    std::unique_ptr<Database> database = Open(disk);
    if (database == nullptr) return 0;
    EXPECT_THAT(database->Migrate(ThirdSchema()), IsOk());
    while (Contract(*database)) {
    }
    const Found found = Look(*database);
    EXPECT_EQ(found.integrity, "ok");
    EXPECT_EQ(found.total, static_cast<int64_t>(found.parts.size()));
    for (const auto& [id, parts] : found.parts) {
      EXPECT_EQ(parts, kParts) << "of write " << id;
    }
    WriteSome(*database, disk, next, next + 1);
    return std::count_if(
        acknowledged.begin(), acknowledged.end(),
        [&found](int64_t id) { return !found.parts.contains(id); });
  }

  // Cuts the power `count` times in `record`. Returns how many cuts lost an
  // acknowledged write.
  int64_t CutPower(std::vector<DiskOperation> record, int count) {
    PowerCut cut(std::move(record));
    std::vector<size_t> positions;
    for (int i = 0; i < count; ++i) {
      positions.push_back(random_() % (cut.size() + 1));
    }
    std::sort(positions.begin(), positions.end());
    FaultyDisk disk;
    int64_t lossy = 0;
    for (int i = 0; i < count && !HasFailure(); ++i) {
      const size_t position = positions[static_cast<size_t>(i)];
      cut.AdvanceTo(position);
      const auto loss = static_cast<PowerLoss>(i % kPowerLosses);
      SCOPED_TRACE(absl::StrCat("cut before operation ", position, ", loss ",
                                i % kPowerLosses));
      const DiskImage image = cut.Image(loss, random_);
      PutOnDisk(image);
      disk.StartRecording();
      lossy += OpenAndCheck(disk, cut.marks(), kAfterCut) > 0;
      // The power may go again while the store recovers.
      if (i % 10 != 0) continue;
      PowerCut again(disk.StopRecording(), image);
      again.AdvanceTo(random_() % (again.size() + 1));
      PutOnDisk(again.Image(loss, random_));
      std::set<int64_t> acknowledged = cut.marks();
      acknowledged.insert(again.marks().begin(), again.marks().end());
      lossy += OpenAndCheck(disk, acknowledged, kAfterCut + 1) > 0;
    }
    return lossy;
  }

  std::string folder_;
  std::mt19937_64 random_{20261127};
};

int Cuts() {
  int cuts = kCuts;
  if (const char* wanted = std::getenv("CRM_POWER_CUTS")) {
    EXPECT_TRUE(absl::SimpleAtoi(wanted, &cuts));
  }
  return cuts;
}

TEST_F(PowerCutTest, F04_NoCutLosesAnAcknowledgedWriteOrHarmsTheStore) {
  FaultyDisk disk;
  std::vector<DiskOperation> record = RecordALife(disk);
  PutOnDisk({});
  ASSERT_TRUE(std::any_of(record.begin(), record.end(), [](const auto& done) {
    return done.kind == DiskOperation::Kind::kTruncate &&
           done.file == "store.db-wal";
  })) << "the log was never truncated";

  EXPECT_EQ(CutPower(std::move(record), Cuts()), 0);
}

// Shows that the test above would see a missing sync: at synchronous=NORMAL
// SQLite keeps the store whole, and not what it acknowledged.
TEST_F(PowerCutTest, F04_CutsLoseAcknowledgedWritesWithoutASyncPerCommit) {
  FaultyDisk disk;
  disk.WeakenSync();
  std::vector<DiskOperation> record = RecordALife(disk);
  PutOnDisk({});

  EXPECT_GT(CutPower(std::move(record), 200), 20);
}

}  // namespace
}  // namespace crm::testing

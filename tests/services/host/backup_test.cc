#include "services/host/backup.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/ids.h"
#include "shared/base/status_macros.h"
#include "shared/events/outbox.h"
#include "tests/support/faulty_disk.h"
#include "tests/support/matchers.h"
#include "tests/support/test_authority.h"

namespace crm::testing {
namespace {

namespace fs = std::filesystem;

using ::testing::ElementsAre;
using ::testing::SizeIs;

class BackupTest : public ::testing::Test {
 protected:
  BackupTest() {
    place_.service = "sales";
    place_.store.path = folder_.File("sales.db");
    place_.store.clock = &clock_;
    place_.store.min_free_bytes = 0;
    place_.store.min_free_fraction = 0;
    place_.folder = folder_.File("backups");
  }

  std::unique_ptr<Database> Open() {
    auto opened = OpenSqlite(place_.store);
    EXPECT_THAT(opened, IsOk());
    EXPECT_THAT((*opened)->Migrate({.tables = OutboxTables()}), IsOk());
    EXPECT_THAT((*opened)->WriteAndWait(
                    absl::InfiniteFuture(),
                    [this](SqlWriter& writer) { return outbox_.Open(writer); }),
                IsOk());
    return *std::move(opened);
  }

  // Writes an event of `tenant` and gives it its position.
  void Append(Database& database, const std::string& tenant) {
    EXPECT_THAT(database.WriteAndWait(
                    absl::InfiniteFuture(),
                    [&](SqlWriter& writer) -> absl::Status {
                      internal::v1::Event event;
                      event.set_id(ids_.NewId());
                      event.set_tenant(tenant);
                      event.set_type("order.created");
                      event.set_ordering_key("orders/one");
                      CRM_RETURN_IF_ERROR(outbox_.Append(writer, event));
                      return outbox_.Number(writer, 100).status();
                    }),
                IsOk());
  }

  internal::v1::HeadFeedResponse Head(Database& database) {
    absl::StatusOr<internal::v1::HeadFeedResponse> head;
    EXPECT_THAT(database.Read(absl::InfiniteFuture(),
                              [&](SqlReader& reader) {
                                head = outbox_.Head(reader);
                                return head.status();
                              }),
                IsOk());
    return *std::move(head);
  }

  int64_t EventCount(Database& database) {
    const internal::v1::HeadFeedResponse head = Head(database);
    int64_t count = 0;
    for (const int64_t seq : head.head_seqs()) count += seq;
    return count;
  }

  BackupManifest BackUp() {
    clock_.Advance(absl::Seconds(1));
    auto manifest = CreateBackup(place_, clock_.Now());
    EXPECT_THAT(manifest, IsOk());
    return manifest.ok() ? *std::move(manifest) : BackupManifest();
  }

  absl::StatusOr<BackupManifest> Restore(const std::string& name = "") {
    return RestoreBackup(place_, name, clock_.Now());
  }

  // Changes one bit in the middle of a backup's file.
  void FlipABit(const BackupManifest& manifest) {
    std::fstream file(BackupFile(place_.folder, manifest.name),
                      std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(manifest.bytes / 2);
    const int byte = file.get();
    file.seekp(manifest.bytes / 2);
    file.put(static_cast<char>(byte ^ 1));
  }

  std::set<std::string> FilesIn(const std::string& folder) {
    std::set<std::string> files;
    for (const auto& entry : fs::directory_iterator(folder)) {
      files.insert(entry.path().filename().string());
    }
    return files;
  }

  ScratchFolder folder_;
  FakeClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  IdMaker ids_{clock_};
  Outbox outbox_{"sales", clock_};
  BackupPlace place_;
};

TEST_F(BackupTest, SaysWhatItHolds) {
  const auto database = Open();
  Append(*database, "acme");
  Append(*database, "beta");
  Append(*database, "acme");

  const BackupManifest manifest = BackUp();

  EXPECT_EQ(manifest.service, "sales");
  EXPECT_EQ(manifest.schema_version, 1);
  EXPECT_EQ(manifest.feed_epoch, 1);
  EXPECT_THAT(manifest.tenants, ElementsAre("acme", "beta"));
  const internal::v1::HeadFeedResponse head = Head(*database);
  for (size_t i = 0; i < manifest.head_seqs.size(); ++i) {
    EXPECT_EQ(manifest.head_seqs[i], head.head_seqs(static_cast<int>(i)));
  }
  EXPECT_THAT(VerifyBackup(place_.folder, manifest), IsOk());
  EXPECT_THAT(ListBackups(place_.folder), ElementsAre(manifest));
}

TEST_F(BackupTest, RestoresTheNewestAndBeginsAnEpoch) {
  auto database = Open();
  Append(*database, "acme");
  BackUp();
  Append(*database, "acme");
  const BackupManifest newest = BackUp();
  Append(*database, "acme");
  ASSERT_THAT(Restore(), StatusIs(absl::StatusCode::kFailedPrecondition,
                                  "DATABASE_LOCKED"));
  database.reset();

  const auto restored = Restore();

  ASSERT_THAT(restored, IsOk());
  EXPECT_EQ(restored->name, newest.name);
  database = Open();
  EXPECT_EQ(EventCount(*database), 2);
  EXPECT_GT(Head(*database).feed_epoch(), 1);
  EXPECT_EQ(Head(*database).feed_epoch(), restored->feed_epoch);
  EXPECT_TRUE(fs::exists(place_.store.path + ".before-restore"));
}

TEST_F(BackupTest, RestoresTheOneThatIsNamed) {
  auto database = Open();
  Append(*database, "acme");
  const BackupManifest first = BackUp();
  Append(*database, "acme");
  BackUp();
  database.reset();

  ASSERT_THAT(Restore(first.name), IsOk());

  EXPECT_EQ(EventCount(*Open()), 1);
}

TEST_F(BackupTest, NeverBeginsAnEpochTwice) {
  auto database = Open();
  Append(*database, "acme");
  BackUp();
  database.reset();
  std::set<int64_t> epochs = {1};

  for (int i = 0; i < 3; ++i) {
    const auto restored = Restore();
    ASSERT_THAT(restored, IsOk());
    EXPECT_TRUE(epochs.insert(restored->feed_epoch).second);
    EXPECT_EQ(*epochs.rbegin(), restored->feed_epoch);
    // Nobody remembers the epoch when the whole store is lost.
    if (i == 1) {
      fs::remove(place_.store.path);
      clock_.Advance(absl::Minutes(1));
    }
  }
}

TEST_F(BackupTest, F48_RefusesWhatIsDamagedAndTakesTheOneBefore) {
  auto database = Open();
  Append(*database, "acme");
  const BackupManifest good = BackUp();
  Append(*database, "acme");
  const BackupManifest flipped = BackUp();
  FlipABit(flipped);
  const BackupManifest truncated = BackUp();
  fs::resize_file(BackupFile(place_.folder, truncated.name),
                  static_cast<uintmax_t>(truncated.bytes / 2));
  const BackupManifest missing = BackUp();
  fs::remove(BackupFile(place_.folder, missing.name));
  database.reset();

  for (const BackupManifest& damaged : {flipped, truncated, missing}) {
    EXPECT_THAT(Restore(damaged.name),
                StatusIs(absl::StatusCode::kDataLoss, "BACKUP_DAMAGED"));
  }
  EXPECT_THAT(Restore("nothing"),
              StatusIs(absl::StatusCode::kNotFound, "BACKUP_NOT_FOUND"));
  // A refusal changes nothing.
  EXPECT_EQ(EventCount(*Open()), 2);
  EXPECT_FALSE(fs::exists(place_.store.path + ".before-restore"));

  const auto restored = Restore();
  ASSERT_THAT(restored, IsOk());
  EXPECT_EQ(restored->name, good.name);
  EXPECT_EQ(EventCount(*Open()), 1);
}

TEST_F(BackupTest, F48_RefusesAManifestThatWasChanged) {
  const auto database = Open();
  Append(*database, "acme");
  const BackupManifest manifest = BackUp();
  const std::string text = FormatManifest(manifest);
  ASSERT_THAT(ParseManifest(text), IsOkAndHolds(manifest));

  for (size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_THAT(ParseManifest(changed),
                StatusIs(absl::StatusCode::kDataLoss, "BACKUP_DAMAGED"));
    EXPECT_THAT(ParseManifest(text.substr(0, i)),
                StatusIs(absl::StatusCode::kDataLoss, "BACKUP_DAMAGED"));
  }
}

TEST_F(BackupTest, RestoresOverAStoreThatCannotBeOpened) {
  auto database = Open();
  Append(*database, "acme");
  BackUp();
  database.reset();
  std::ofstream(place_.store.path) << std::string(50'000, 'x');
  std::ofstream(place_.store.path + "-wal") << std::string(50'000, 'y');

  ASSERT_THAT(Restore(), IsOk());

  EXPECT_EQ(EventCount(*Open()), 1);
}

TEST_F(BackupTest, KeepsTheNewestAndNoLeftovers) {
  const auto database = Open();
  for (int i = 0; i < 5; ++i) BackUp();
  const std::vector<BackupManifest> all = ListBackups(place_.folder);
  std::ofstream(place_.folder + "/sales-killed.db.partial") << "x";
  std::ofstream(place_.folder + "/sales-killed.db") << "x";
  std::ofstream(place_.folder + "/other.db") << "x";

  PruneBackups(place_, 2);

  EXPECT_THAT(ListBackups(place_.folder), ElementsAre(all[0], all[1]));
  EXPECT_EQ(FilesIn(place_.folder),
            (std::set<std::string>{
                all[0].name + ".db", all[0].name + ".manifest",
                all[1].name + ".db", all[1].name + ".manifest", "other.db"}));
}

// Whatever operation of the disk fails, and on a disk without space, the backup
// before stays the newest good one, and the store goes on.
TEST_F(BackupTest, F48_AFailureAnywhereLeavesTheBackupBefore) {
  FaultyDisk disk;
  place_.store.vfs = disk.vfs();
  const auto database = Open();
  Append(*database, "acme");
  const BackupManifest before = BackUp();
  const std::set<std::string> files = FilesIn(place_.folder);

  int failed = 0;
  for (int nth = 1; nth < 1000; ++nth) {
    clock_.Advance(absl::Seconds(1));
    disk.FailNth(nth);
    const auto manifest = CreateBackup(place_, clock_.Now());
    const bool hit = disk.failures() > 0;
    disk.FailNth(0, 0);
    if (!hit) break;
    if (manifest.ok()) {
      PruneBackups(place_, 1);
      continue;
    }
    ++failed;
    ASSERT_EQ(FilesIn(place_.folder).size(), files.size()) << nth;
    ASSERT_THAT(ListBackups(place_.folder), SizeIs(1)) << nth;
  }
  EXPECT_GT(failed, 5);

  disk.SetCapacity(place_.folder, 1);
  EXPECT_THAT(CreateBackup(place_, clock_.Now() + absl::Seconds(1)),
              StatusIs(absl::StatusCode::kResourceExhausted, "DISK_FULL"));
  disk.SetCapacity("", 0);
  EXPECT_THAT(VerifyBackup(place_.folder, ListBackups(place_.folder).at(0)),
              IsOk());
  Append(*database, "acme");
  EXPECT_EQ(EventCount(*database), 2);
}

TEST_F(BackupTest, AMigrationThatChangesSomethingKeepsACopy) {
  place_.store.snapshot_folder = place_.folder;
  auto database = Open();
  Append(*database, "acme");
  EXPECT_FALSE(fs::exists(place_.folder));
  ASSERT_THAT(database->Migrate({.tables = OutboxTables()}), IsOk());
  EXPECT_FALSE(fs::exists(place_.folder));
  SqlSchema schema = {.tables = OutboxTables()};
  schema.tables.push_back(
      {.name = "notes", .columns = {{.name = "id"}}, .primary_key = {"id"}});

  ASSERT_THAT(database->Migrate(schema), IsOk());

  const std::set<std::string> files = FilesIn(place_.folder);
  ASSERT_THAT(files, SizeIs(1));
  EXPECT_TRUE(absl::StartsWith(*files.begin(), "sales-before-1-"));
  SqliteOptions copy = place_.store;
  copy.path = place_.folder + "/" + *files.begin();
  copy.snapshot_folder.clear();
  auto opened = OpenSqlite(copy);
  ASSERT_THAT(opened, IsOk());
  EXPECT_EQ(EventCount(**opened), 1);
}

}  // namespace
}  // namespace crm::testing

#include "services/host/backup_keeper.h"

#include <fcntl.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/events/outbox.h"
#include "tests/support/faulty_disk.h"
#include "tests/support/matchers.h"
#include "tests/support/test_authority.h"

namespace crm::testing {
namespace {

class BackupKeeperTest : public ::testing::Test {
 protected:
  BackupKeeperTest() {
    options_.place.service = "sales";
    options_.place.store.path = folder_.File("sales.db");
    options_.place.store.min_free_bytes = 0;
    options_.place.store.min_free_fraction = 0;
    options_.place.store.vfs = disk_.vfs();
    options_.place.folder = folder_.File("backups");
    options_.keep = 2;
    auto opened = OpenSqlite(options_.place.store);
    EXPECT_THAT(opened, IsOk());
    database_ = *std::move(opened);
    EXPECT_THAT(database_->Migrate({.tables = OutboxTables()}), IsOk());
    keeper_ =
        std::make_unique<BackupKeeper>(options_, clock_, logger_, metrics_);
  }

  ~BackupKeeperTest() override { close(sink_); }

  // Waits until the newest backup is another than `name`, and returns it.
  std::string NextAfter(const std::string& name) const {
    for (;;) {
      const auto backups = ListBackups(options_.place.folder);
      if (!backups.empty() && backups[0].name != name) return backups[0].name;
      std::this_thread::yield();
    }
  }

  ScratchFolder folder_;
  FaultyDisk disk_;
  FakeClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  const int sink_ = open("/dev/null", O_WRONLY);
  Logger logger_{clock_, "test", LogLevel::kError, sink_};
  MetricRegistry metrics_;
  BackupKeeper::Options options_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<BackupKeeper> keeper_;
};

TEST_F(BackupKeeperTest, TakesTheFirstAtOnceAndOthersOnDemandAndKeepsAFew) {
  keeper_->Start();
  std::string newest = NextAfter("");
  for (int i = 0; i < 4; ++i) {
    clock_.Advance(absl::Seconds(1));
    keeper_->BackUpSoon();
    newest = NextAfter(newest);
  }
  keeper_->Stop();

  const auto backups = ListBackups(options_.place.folder);
  ASSERT_EQ(backups.size(), 2u);
  EXPECT_EQ(backups[0].name, newest);
  for (const BackupManifest& manifest : backups) {
    EXPECT_THAT(VerifyBackup(options_.place.folder, manifest), IsOk());
  }
  EXPECT_THAT(metrics_.Expose(),
              ::testing::HasSubstr("crm_backup_failures_total 0"));
}

TEST_F(BackupKeeperTest, CountsWhatFailsAndGoesOn) {
  disk_.FailNth(1, 1'000'000);
  keeper_->Start();
  while (metrics_.Expose().find("crm_backup_failures_total 1") ==
         std::string::npos) {
    std::this_thread::yield();
  }
  EXPECT_TRUE(ListBackups(options_.place.folder).empty());

  disk_.FailNth(0, 0);
  keeper_->BackUpSoon();
  EXPECT_NE(NextAfter(""), "");
}

}  // namespace
}  // namespace crm::testing

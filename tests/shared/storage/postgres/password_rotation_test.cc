// A store whose password is changed while it is open.

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "shared/storage/postgres/postgres_database.h"
#include "tests/shared/storage/database_contract.h"
#include "tests/support/matchers.h"
#include "tests/support/postgres_server/postgres_server.h"
#include "tests/support/postgres_server/server_process.h"

namespace crm::testing {
namespace {

absl::Time Soon() { return absl::Now() + absl::Seconds(30); }

// Asks `guarded` for a password, and nobody else.
std::string AccessRules() {
  const std::string folder = MakeServerFolder();
  const std::string path = folder + "/rules";
  std::ofstream(path) << "local all guarded scram-sha-256\n"
                         "local all all trust\n";
  return path;
}

class PasswordRotationTest : public ::testing::Test {
 protected:
  void SetUp() override {
    server_.Run(uri_, "CREATE ROLE guarded LOGIN SUPERUSER PASSWORD 'first'");
    Hold("first");
    auto opened = OpenPostgres(
        {.uri = guarded_uri_, .password = "first", .password_file = file_});
    ASSERT_THAT(opened, IsOk());
    store_ = *std::move(opened);
    ASSERT_THAT(store_->Migrate(ItemSchema()), IsOk());
  }

  void TearDown() override {
    store_.reset();
    std::filesystem::remove_all(std::filesystem::path(rules_).parent_path());
  }

  // Has the file hold `password`, as an editor leaves it.
  void Hold(const std::string& password) {
    std::ofstream(file_) << password << "\n";
    ASSERT_EQ(chmod(file_.c_str(), 0600), 0);
  }

  void BreakConnections() {
    server_.Run(uri_,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE usename = 'guarded'");
  }

  // Returns whether `attempt` succeeds before long. The first ones may meet a
  // connection that is just being broken.
  template <typename Attempt>
  static bool Succeeds(Attempt attempt) {
    const absl::Time end = Soon();
    while (absl::Now() < end) {
      if (attempt().ok()) return true;
      std::this_thread::yield();
    }
    return false;
  }

  // Writes and reads on connections made anew.
  void ExpectServes() {
    BreakConnections();
    EXPECT_TRUE(Succeeds([this] {
      return store_->WriteAndWait(Soon(), [this](SqlWriter& writer) {
        return writer.Post("INSERT INTO items (id) VALUES (?)", {next_});
      });
    }));
    ++next_;
    EXPECT_TRUE(Succeeds([this] {
      return store_->Read(Soon(), [](SqlReader& reader) {
        return reader.Query("SELECT id FROM items", {}).status();
      });
    }));
  }

  const std::string rules_ = AccessRules();
  const std::string file_ =
      (std::filesystem::path(rules_).parent_path() / "password").string();
  PostgresServer server_{{"-c", "hba_file=" + rules_}};
  const std::string uri_ = server_.Uri("guarded");
  const std::string guarded_uri_ =
      absl::StrReplaceAll(uri_, {{"//crm@", "//guarded@"}});
  std::unique_ptr<Database> store_;
  int64_t next_ = 1;
};

TEST_F(PasswordRotationTest, F46_NewConnectionsTakeWhatTheFileHoldsByThen) {
  ExpectServes();

  server_.Run(uri_, "ALTER ROLE guarded PASSWORD 'second'");
  Hold("second");

  ExpectServes();
}

TEST_F(PasswordRotationTest, F46_AFileThatIsWrongLeavesTheLastGoodPassword) {
  Hold("mistyped");
  ExpectServes();
  Hold("");
  ExpectServes();
  ASSERT_EQ(chmod(file_.c_str(), 0644), 0);
  ExpectServes();
  std::filesystem::remove(file_);
  ExpectServes();

  server_.Run(uri_, "ALTER ROLE guarded PASSWORD 'second'");
  Hold("second");
  ExpectServes();
}

TEST_F(PasswordRotationTest, F46_AnOldPasswordIsRefusedOnceItIsChanged) {
  server_.Run(uri_, "ALTER ROLE guarded PASSWORD 'second'");

  EXPECT_THAT(OpenPostgres({.uri = guarded_uri_, .password = "first"}),
              StatusIs(absl::StatusCode::kUnavailable, "STORAGE_UNREACHABLE"));
  EXPECT_THAT(OpenPostgres({.uri = guarded_uri_, .password = "second"}),
              IsOk());
}

}  // namespace
}  // namespace crm::testing

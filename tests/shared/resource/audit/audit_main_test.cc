// Runs the program crm-audit as a person would.

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "shared/resource/audit/dump_line.h"
#include "tests/shared/resource/audit/chains.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::CheckpointOf;
using ::crm::testing::DumpOf;
using ::crm::testing::KeySetText;
using ::testing::HasSubstr;

using Lines = std::vector<std::string>;

class CrmAuditTest : public ::testing::Test {
 protected:
  CrmAuditTest() {
    std::string path = "/tmp/crm-audit-main-XXXXXX";
    home_ = mkdtemp(path.data());
    Write("keys", {KeySetText(key_)});
    Write("checkpoints", {FormatCheckpoint(CheckpointOf(dump_, key_))});
  }
  ~CrmAuditTest() override { std::filesystem::remove_all(home_); }

  void Write(const std::string& name, const Lines& lines) {
    std::ofstream file(home_ + "/" + name);
    for (const std::string& line : lines) file << line << "\n";
  }

  int Run(absl::string_view arguments) {
    const std::string command = absl::StrCat(
        "cd '", home_, "' && '", CRM_AUDIT_PROGRAM, "' ", arguments, " 2>&1");
    std::FILE* pipe = popen(command.c_str(), "r");
    std::array<char, 4096> buffer;
    text_.clear();
    while (const size_t size = fread(buffer.data(), 1, buffer.size(), pipe)) {
      text_.append(buffer.data(), size);
    }
    const int status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  // Verifies these lines, with the checkpoints.
  int Verify(const Lines& lines) {
    Write("dump", lines);
    return Run("verify --dump dump --checkpoints checkpoints --keys keys");
  }

  void ExpectBrokenAt(int n, const Lines& lines) {
    EXPECT_EQ(Verify(lines), 1);
    EXPECT_THAT(text_, HasSubstr(absl::StrCat("broken at record ", n, ":")));
  }

  const PrivateKey key_ = *PrivateKey::Generate();
  const Lines dump_ = DumpOf("operational", "acme", 9);
  std::string home_;
  std::string text_;
};

TEST_F(CrmAuditTest, VerifiesADumpOffline) {
  EXPECT_EQ(Verify(dump_), 0);
  EXPECT_THAT(text_, HasSubstr("9 records in 1 chains"));
  EXPECT_THAT(text_, HasSubstr(" 0 of them are newer"));
}

TEST_F(CrmAuditTest, NamesTheFirstBadRecordWhateverWasDoneToTheDump) {
  DumpLine flipped = *ParseDumpLine(dump_[3]);
  flipped.record[20] = static_cast<char>(flipped.record[20] ^ 1);
  Lines lines = dump_;
  lines[3] = FormatDumpLine(flipped);
  ExpectBrokenAt(4, lines);

  lines = dump_;
  lines.erase(lines.begin() + 5);
  ExpectBrokenAt(6, lines);

  lines = dump_;
  std::swap(lines[1], lines[2]);
  ExpectBrokenAt(2, lines);

  lines = dump_;
  lines.resize(7);
  ExpectBrokenAt(8, lines);
}

TEST_F(CrmAuditTest, NamesTheRecordThatAForeignKeyVouchesFor) {
  Write("checkpoints",
        {FormatCheckpoint(CheckpointOf(dump_, *PrivateKey::Generate()))});

  ExpectBrokenAt(9, dump_);
}

TEST_F(CrmAuditTest, SaysWhatIsWrongWithTheCommand) {
  for (const char* bad :
       {"", "nonsense", "verify", "verify --dump", "verify --what x",
        "verify --dump dump --keys keys", "export --out x"}) {
    EXPECT_EQ(Run(bad), 2) << bad;
  }
  EXPECT_EQ(Run("verify --dump nowhere"), 3);
  Write("dump", {"nonsense"});
  EXPECT_EQ(Run("verify --dump dump"), 1);
  EXPECT_EQ(Run("--help"), 0);
  EXPECT_THAT(text_, HasSubstr("crm-audit verify"));
}

}  // namespace
}  // namespace crm

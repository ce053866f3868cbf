// Runs the program crm-certs as a person would.

#include <sys/stat.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "shared/auth/tls_folder.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::IsOk;
using ::testing::HasSubstr;

class CrmCertsTest : public ::testing::Test {
 protected:
  CrmCertsTest() {
    std::string path = "/tmp/crm-certs-XXXXXX";
    home_ = mkdtemp(path.data());
  }
  ~CrmCertsTest() override { std::filesystem::remove_all(home_); }

  // Runs it in the folder of the test; `text` gets both outputs.
  int Run(absl::string_view arguments) {
    const std::string command = absl::StrCat(
        "cd '", home_, "' && '", CRM_CERTS_PROGRAM, "' ", arguments, " 2>&1");
    std::FILE* pipe = popen(command.c_str(), "r");
    std::array<char, 4096> buffer;
    text_.clear();
    while (const size_t size = fread(buffer.data(), 1, buffer.size(), pipe)) {
      text_.append(buffer.data(), size);
    }
    const int status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  int ModeOf(absl::string_view file) {
    struct stat state {};
    stat(absl::StrCat(home_, "/", file).c_str(), &state);
    return state.st_mode & 0777;
  }

  std::string home_;
  std::string text_;
  const SystemClock clock_;
};

TEST_F(CrmCertsTest, MakesAnAuthorityAndAnIdentityThatAProcessTakes) {
  ASSERT_EQ(Run("authority --out ca"), 0) << text_;
  ASSERT_EQ(Run("issue --authority ca --service gateway --namespace prod "
                "--out gateway"),
            0)
      << text_;

  const auto folder = TlsFolder::Open(home_ + "/gateway", clock_);
  ASSERT_THAT(folder, IsOk());
  EXPECT_EQ((*folder)->Get()->self, (ServiceIdentity{"prod", "gateway"}));
  const absl::Duration left = (*folder)->Get()->not_after - clock_.Now();
  EXPECT_LE(left, absl::Hours(24));
  EXPECT_GT(left, absl::Hours(23));
  EXPECT_EQ(ModeOf("ca/ca.key"), 0400);
  EXPECT_EQ(ModeOf("gateway/tls.key"), 0400);
}

TEST_F(CrmCertsTest, ReplacesNothing) {
  ASSERT_EQ(Run("authority --out ca"), 0) << text_;

  EXPECT_EQ(Run("authority --out ca"), 1);
  EXPECT_THAT(text_, HasSubstr("exists"));
}

TEST_F(CrmCertsTest, SaysWhatIsWrongWithTheCommand) {
  ASSERT_EQ(Run("authority --out ca"), 0) << text_;
  for (const char* bad :
       {"", "nonsense", "issue", "issue --authority ca --out x",
        "issue --authority ca --service 'A b' --out x",
        "authority --out y --lifetime forever", "authority --out",
        "authority out y"}) {
    EXPECT_EQ(Run(bad), 2) << bad;
  }
  EXPECT_EQ(Run("issue --authority nowhere --service gateway --out x"), 1);
  EXPECT_FALSE(std::filesystem::exists(home_ + "/x"));
  EXPECT_EQ(Run("--help"), 0);
  EXPECT_THAT(text_, HasSubstr("crm-certs issue"));
}

}  // namespace
}  // namespace crm

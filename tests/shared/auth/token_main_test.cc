// Runs the program crm-token as a person would.

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "shared/auth/key_set_file.h"
#include "shared/auth/private_key.h"
#include "shared/auth/token_verifier.h"
#include "tests/shared/auth/token_forge.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::ScratchFile;
using ::crm::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Outcome {
  int code = -1;
  // Both outputs, without spaces at the ends.
  std::string text;
};

Outcome CrmToken(absl::string_view arguments) {
  const std::string command =
      absl::StrCat("'", CRM_TOKEN_PROGRAM, "' ", arguments, " 2>&1");
  std::FILE* pipe = popen(command.c_str(), "r");
  Outcome outcome;
  std::array<char, 4096> buffer;
  while (const size_t size = fread(buffer.data(), 1, buffer.size(), pipe)) {
    outcome.text.append(buffer.data(), size);
  }
  const int status = pclose(pipe);
  outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  absl::StripAsciiWhitespace(&outcome.text);
  return outcome;
}

class CrmTokenTest : public ::testing::Test {
 protected:
  Outcome Keygen(absl::string_view more) {
    return CrmToken(absl::StrCat("keygen --issuer dev --private '",
                                 key_file_.path(), "' --jwks '",
                                 set_file_.path(), "' ", more));
  }
  Outcome Mint(absl::string_view more) {
    return CrmToken(absl::StrCat("mint --key '", key_file_.path(),
                                 "' --issuer dev --audience crm --tenant acme "
                                 "--subject user:ada ",
                                 more));
  }

  const SystemClock clock_;
  ScratchFile key_file_;
  ScratchFile set_file_;
};

TEST_F(CrmTokenTest, MintsWhatTheVerifierTakes) {
  ASSERT_EQ(Keygen("").code, 0);
  const Outcome token = Mint("--role sales_rep --role marketer --ttl 5m");
  ASSERT_EQ(token.code, 0) << token.text;

  const auto keys = *KeySetFile::Open(set_file_.path(), clock_);
  const auto principal =
      TokenVerifier({.issuers = {"dev"}, .audience = "crm"}, *keys, clock_)
          .Verify(token.text);

  ASSERT_THAT(principal, IsOk());
  EXPECT_EQ(principal->tenant, "acme");
  EXPECT_EQ(principal->subject, "user:ada");
  EXPECT_THAT(principal->roles, ElementsAre("sales_rep", "marketer"));
}

TEST_F(CrmTokenTest, NamesTheKeyAsTold) {
  EXPECT_EQ(Keygen("--kid k7").text, "k7");

  const auto keys = *KeySetFile::Open(set_file_.path(), clock_);
  EXPECT_NE(keys->Get()->Find("dev", "k7"), nullptr);
  EXPECT_EQ(Mint("--kid k7").code, 0);
}

TEST_F(CrmTokenTest, LeavesNoKeyBehindWhenTheSetIsBad) {
  set_file_.Write("not a key set");

  EXPECT_EQ(Keygen("").code, 1);

  EXPECT_THAT(
      PrivateKey::ReadFile(key_file_.path()),
      StatusIs(absl::StatusCode::kFailedPrecondition, "KEY_FILE_UNREADABLE"));
}

TEST_F(CrmTokenTest, SaysWhatIsWrong) {
  ASSERT_EQ(Keygen("").code, 0);
  const struct {
    Outcome outcome;
    int code;
    const char* text;
  } cases[] = {
      {CrmToken(""), 2, "'' is not a command"},
      {CrmToken("mint --what 1"), 2, "'--what' is unknown here"},
      {CrmToken("mint role"), 2, "'role' is not a flag"},
      {Mint("--role"), 2, "'--role' has no value"},
      {Mint("--tenant acme"), 2, "'--tenant' is needed, once"},
      {Mint("--ttl 61m"), 2, "A token lives"},
      {Mint("--ttl 0s"), 2, "A token lives"},
      {Keygen(""), 1, "exists already"},
  };
  for (const auto& one : cases) {
    EXPECT_EQ(one.outcome.code, one.code) << one.text;
    EXPECT_THAT(one.outcome.text, HasSubstr(one.text));
  }
}

TEST_F(CrmTokenTest, HelpsOnRequest) {
  const Outcome help = CrmToken("--help");

  EXPECT_EQ(help.code, 0);
  EXPECT_THAT(help.text, HasSubstr("crm-token keygen"));
}

}  // namespace
}  // namespace crm

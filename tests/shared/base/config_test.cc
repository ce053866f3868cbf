#include "shared/base/config.h"

#include <unistd.h>

#include <fstream>

#include "absl/strings/str_cat.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::IsOkAndHolds;
using ::crm::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// Writes `text` to a file of its own, removed at the end.
class TemporaryFile {
 public:
  explicit TemporaryFile(absl::string_view text)
      : path_(absl::StrCat(::testing::TempDir(), "/config_test.", getpid(), ".",
                           reinterpret_cast<uintptr_t>(this))) {
    std::ofstream(path_, std::ios::binary) << text;
  }
  ~TemporaryFile() { unlink(path_.c_str()); }

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

ConfigReader Declared() {
  ConfigReader reader("sample");
  reader.Declare("CRM_SAMPLE_LISTEN", "127.0.0.1:1", "Where to serve.");
  reader.Declare("CRM_SAMPLE_SIZE", "10", "How much to hold.");
  return reader;
}

absl::StatusOr<Config> Read(const ConfigReader& reader,
                            std::vector<std::string> flags,
                            std::vector<std::string> environment = {},
                            const std::vector<std::string>& foreign = {}) {
  std::vector<const char*> argv = {"sample"};
  for (const std::string& flag : flags) argv.push_back(flag.c_str());
  std::vector<const char*> envp;
  for (const std::string& entry : environment) envp.push_back(entry.c_str());
  envp.push_back(nullptr);
  return reader.Read(static_cast<int>(argv.size()), argv.data(), envp.data(),
                     foreign);
}

std::string Problems(const absl::StatusOr<Config>& config) {
  EXPECT_THAT(config,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_CONFIG"));
  return std::string(config.status().message());
}

MATCHER_P2(Has, name, value, "") { return arg.Get(name) == value; }

TEST(ConfigReader, StartsFromTheDefaults) {
  EXPECT_THAT(Read(Declared(), {}),
              IsOkAndHolds(AllOf(Has("CRM_SAMPLE_LISTEN", "127.0.0.1:1"),
                                 Has("CRM_SAMPLE_SIZE", "10"))));
}

TEST(ConfigReader, PutsFlagsOverEnvironmentOverFile) {
  const TemporaryFile file("CRM_SAMPLE_SIZE=1\nCRM_SAMPLE_LISTEN=file\n");
  const std::string flag = absl::StrCat("--config=", file.path());

  EXPECT_THAT(Read(Declared(), {flag}),
              IsOkAndHolds(AllOf(Has("CRM_SAMPLE_SIZE", "1"),
                                 Has("CRM_SAMPLE_LISTEN", "file"))));
  EXPECT_THAT(Read(Declared(), {flag}, {"CRM_SAMPLE_SIZE=2"}),
              IsOkAndHolds(Has("CRM_SAMPLE_SIZE", "2")));
  EXPECT_THAT(
      Read(Declared(), {flag, "--sample-size=3"}, {"CRM_SAMPLE_SIZE=2"}),
      IsOkAndHolds(AllOf(Has("CRM_SAMPLE_SIZE", "3"),
                         Has("CRM_SAMPLE_LISTEN", "file"))));
}

TEST(ConfigReader, TakesAFlagsValueAfterEqualsOrNext) {
  EXPECT_THAT(Read(Declared(), {"--sample-size", "4"}),
              IsOkAndHolds(Has("CRM_SAMPLE_SIZE", "4")));
  EXPECT_THAT(Read(Declared(), {"--sample-size=-5"}),
              IsOkAndHolds(Has("CRM_SAMPLE_SIZE", "-5")));
  EXPECT_THAT(Read(Declared(), {"--sample-listen="}),
              IsOkAndHolds(Has("CRM_SAMPLE_LISTEN", "")));
}

TEST(ConfigReader, SkipsCommentsAndKeepsValuesAsTheyStand) {
  const TemporaryFile file(
      "# comment\n\n   \r\nCRM_SAMPLE_LISTEN= a=b # c \r\n");

  EXPECT_THAT(Read(Declared(), {"--config", file.path()}),
              IsOkAndHolds(Has("CRM_SAMPLE_LISTEN", " a=b # c ")));
}

TEST(ConfigReader, ListsEverythingThatIsWrong) {
  const TemporaryFile file("CRM_TYPO=1\nno value\n");

  const std::string problems = Problems(
      Read(Declared(),
           {"--config", file.path(), "--sample-sise=1", "--Sample-Size=1",
            "stray", "--sample-size=1", "--sample-size=2", "--sample-listen"},
           {"CRM_SAMPLE_WRONG=1", "HOME=/root", "CRM_SAMPLE_LISTEN=a\tb"}));

  EXPECT_THAT(problems, HasSubstr("CRM_TYPO: unknown"));
  EXPECT_THAT(problems, HasSubstr("line 2: not NAME=value"));
  EXPECT_THAT(problems, HasSubstr("CRM_SAMPLE_SISE: unknown"));
  EXPECT_THAT(problems, HasSubstr("--Sample-Size: unknown"));
  EXPECT_THAT(problems, HasSubstr("'stray': not a flag"));
  EXPECT_THAT(problems, HasSubstr("CRM_SAMPLE_SIZE: given twice"));
  EXPECT_THAT(problems, HasSubstr("--sample-listen: no value"));
  EXPECT_THAT(problems, HasSubstr("CRM_SAMPLE_WRONG: unknown"));
  EXPECT_THAT(problems, HasSubstr("CRM_SAMPLE_LISTEN: has a control"));
  EXPECT_THAT(problems, Not(HasSubstr("HOME")));
}

TEST(ConfigReader, LeavesSettingsOfOtherProgramsAlone) {
  const TemporaryFile file("CRM_OTHER_LISTEN=2\nCRM_SAMPLE_SIZE=8\n");

  EXPECT_THAT(Read(Declared(), {"--config", file.path()}, {"CRM_OTHER_SIZE=1"},
                   {"CRM_OTHER_"}),
              IsOkAndHolds(Has("CRM_SAMPLE_SIZE", "8")));
  EXPECT_THAT(
      Problems(Read(Declared(), {"--other-size=1"}, {}, {"CRM_OTHER_"})),
      HasSubstr("CRM_OTHER_SIZE: unknown"));
}

TEST(ConfigReader, RefusesAFileItCannotRead) {
  EXPECT_THAT(Problems(Read(Declared(), {"--config", "/nonexistent/file"})),
              HasSubstr("cannot be read"));
  EXPECT_THAT(Problems(Read(Declared(), {"--config", ::testing::TempDir()})),
              HasSubstr("cannot be read"));
}

TEST(ConfigReader, RefusesAFileOf64KiBAndOneByte) {
  const std::string line = "CRM_SAMPLE_SIZE=1\n#";
  const std::string most = line + std::string(64 * 1024 - line.size(), 'x');
  const TemporaryFile fits(most);
  const TemporaryFile too_large(most + "x");

  EXPECT_THAT(Read(Declared(), {"--config", fits.path()}),
              IsOkAndHolds(Has("CRM_SAMPLE_SIZE", "1")));
  EXPECT_THAT(Problems(Read(Declared(), {"--config", too_large.path()})),
              HasSubstr("larger than"));
}

TEST(ConfigReader, StopsWithoutARequiredValue) {
  ConfigReader reader = Declared();
  reader.DeclareRequired("CRM_SAMPLE_KEY_FILE", "The key.");

  EXPECT_THAT(Problems(Read(reader, {})),
              HasSubstr("CRM_SAMPLE_KEY_FILE: missing"));
  EXPECT_THAT(Problems(Read(reader, {"--sample-key-file="})),
              HasSubstr("CRM_SAMPLE_KEY_FILE: missing"));
  EXPECT_THAT(Read(reader, {"--sample-key-file=k"}),
              IsOkAndHolds(Has("CRM_SAMPLE_KEY_FILE", "k")));
}

TEST(ConfigReader, TellsWhatWasAskedFor) {
  const auto action = [](std::vector<std::string> flags) {
    return Read(Declared(), std::move(flags))->action();
  };
  EXPECT_EQ(action({}), Config::Action::kRun);
  EXPECT_EQ(action({"--check-config"}), Config::Action::kCheckConfig);
  EXPECT_EQ(action({"--print-config"}), Config::Action::kPrintConfig);
  EXPECT_EQ(action({"--help", "--bad"}), Config::Action::kHelp);
}

TEST(ConfigReader, HelpNamesEverySettingWithItsDefault) {
  ConfigReader reader = Declared();
  reader.DeclareRequired("CRM_SAMPLE_KEY_FILE", "The key.");

  const std::string help = reader.Help();

  EXPECT_THAT(help, HasSubstr("--sample-listen  (CRM_SAMPLE_LISTEN, default "
                              "127.0.0.1:1)\n      Where to serve.\n"));
  EXPECT_THAT(help,
              HasSubstr("--sample-key-file  (CRM_SAMPLE_KEY_FILE, required)"));
}

TEST(ConfigReader, EndsTheProcessOnWrongDeclarations) {
  EXPECT_DEATH(Declared().Declare("CRM_SAMPLE_SIZE", "", ""), "declared twice");
  EXPECT_DEATH(Declared().Declare("SAMPLE", "", ""), "upper-case words");
  EXPECT_DEATH(Declared().Declare("CRM_Sample", "", ""), "upper-case words");
}

TEST(Config, PrintsWhatAFileCouldHold) {
  const auto config = Read(Declared(), {"--sample-size=3"});
  ASSERT_EQ(config->Print(),
            "CRM_SAMPLE_LISTEN=127.0.0.1:1\nCRM_SAMPLE_SIZE=3\n");

  const TemporaryFile file(config->Print());
  EXPECT_EQ(Read(Declared(), {"--config", file.path()})->Print(),
            config->Print());
}

TEST(Config, EndsTheProcessWhenAskedForAnUndeclaredSetting) {
  EXPECT_DEATH(Read(Declared(), {})->Get("CRM_TYPO"), "undeclared.*CRM_TYPO");
}

TEST(Config, ReadsNumbersWithinTheirBounds) {
  const auto size = [](absl::string_view value) {
    return Read(Declared(), {absl::StrCat("--sample-size=", value)})
        ->GetInt("CRM_SAMPLE_SIZE", 1, 10);
  };
  EXPECT_THAT(size("1"), IsOkAndHolds(1));
  EXPECT_THAT(size("10"), IsOkAndHolds(10));
  for (const absl::string_view bad :
       {"0", "11", "", "x", "1.5", "99999999999999999999"}) {
    EXPECT_THAT(size(bad),
                StatusIs(absl::StatusCode::kInvalidArgument, "BAD_SETTING"))
        << bad;
  }
}

TEST(Config, ReadsTruthValues) {
  const auto flag = [](absl::string_view value) {
    return Read(Declared(), {absl::StrCat("--sample-size=", value)})
        ->GetBool("CRM_SAMPLE_SIZE");
  };
  EXPECT_THAT(flag("true"), IsOkAndHolds(true));
  EXPECT_THAT(flag("false"), IsOkAndHolds(false));
  EXPECT_THAT(flag("1"),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_SETTING"));
}

TEST(Config, ReadsPositiveDurations) {
  const auto duration = [](absl::string_view value) {
    return Read(Declared(), {absl::StrCat("--sample-size=", value)})
        ->GetDuration("CRM_SAMPLE_SIZE");
  };
  EXPECT_THAT(duration("1m30s"), IsOkAndHolds(absl::Seconds(90)));
  for (const absl::string_view bad : {"0s", "-1s", "inf", "5", ""}) {
    EXPECT_THAT(duration(bad),
                StatusIs(absl::StatusCode::kInvalidArgument, "BAD_SETTING"))
        << bad;
  }
}

}  // namespace
}  // namespace crm

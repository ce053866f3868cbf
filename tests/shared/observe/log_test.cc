#include "shared/observe/log.h"

#include <unistd.h>

#include <cstdio>
#include <limits>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "absl/strings/str_split.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::IsOkAndHolds;
using ::crm::testing::StatusIs;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Logs into a file without a name and reads it back.
class LoggerTest : public ::testing::Test {
 protected:
  ~LoggerTest() override { std::fclose(file_); }

  std::string Text() {
    std::string text(1 << 20, '\0');
    const ssize_t size = pread(fileno(file_), text.data(), text.size(), 0);
    text.resize(static_cast<size_t>(size));
    return text;
  }

  std::vector<std::string> Lines() {
    std::string text = Text();
    if (text.empty()) return {};
    EXPECT_EQ(text.back(), '\n');
    text.pop_back();
    return absl::StrSplit(text, '\n');
  }

  nlohmann::json OnlyRecord() {
    const std::vector<std::string> lines = Lines();
    EXPECT_THAT(lines, SizeIs(1));
    return nlohmann::json::parse(lines.at(0));
  }

  std::FILE* file_ = std::tmpfile();
  const FakeClock clock_{absl::FromUnixMicros(1'709'208'000'000'001)};
  Logger logger_{clock_, "gateway", LogLevel::kInfo, fileno(file_)};
};

TEST_F(LoggerTest, WritesOneObjectALineWithTheFixedFieldsFirst) {
  logger_.Log(LogLevel::kInfo, "call", {{"method", "Get"}, {"code", 0}});
  logger_.Log(LogLevel::kError, "stop");

  EXPECT_EQ(Text(),
            R"({"time":"2024-02-29T12:00:00.000001Z","level":"info",)"
            R"("program":"gateway","message":"call","method":"Get","code":0})"
            "\n"
            R"({"time":"2024-02-29T12:00:00.000001Z","level":"error",)"
            R"("program":"gateway","message":"stop"})"
            "\n");
}

TEST_F(LoggerTest, KeepsTheTypesOfValues) {
  const std::string text = "t";
  logger_.Log(LogLevel::kInfo, "m",
              {{"text", text},
               {"view", absl::string_view("v")},
               {"least", std::numeric_limits<int64_t>::min()},
               {"most", std::numeric_limits<uint64_t>::max()},
               {"half", 0.5},
               {"no", false},
               {"nan", std::numeric_limits<double>::quiet_NaN()}});

  const nlohmann::json record = OnlyRecord();
  EXPECT_EQ(record["text"], "t");
  EXPECT_EQ(record["view"], "v");
  EXPECT_EQ(record["least"], std::numeric_limits<int64_t>::min());
  EXPECT_EQ(record["most"], std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(record["half"], 0.5);
  EXPECT_EQ(record["no"], false);
  EXPECT_TRUE(record["nan"].is_null());
}

TEST_F(LoggerTest, CannotBeMadeToForgeALineOrAField) {
  const std::string evil = "a\"}\n{\"level\":\"error\",\"x\":\"\r\x01\\";
  logger_.Log(LogLevel::kInfo, evil, {{evil, evil}, {"level", "debug"}});

  const nlohmann::json record = OnlyRecord();
  EXPECT_EQ(record["message"], evil);
  EXPECT_EQ(record[evil], evil);
  EXPECT_EQ(record["level"], "info");
}

TEST_F(LoggerTest, ReplacesBytesThatAreNotUtf8) {
  logger_.Log(LogLevel::kInfo, "m", {{"name", "a\xff"}});

  EXPECT_EQ(OnlyRecord()["name"], "a\xef\xbf\xbd");
}

TEST_F(LoggerTest, CutsLongText) {
  logger_.Log(LogLevel::kInfo, "m",
              {{"fits", std::string(kMaxLogTextBytes, 'x')},
               {"cut", std::string(kMaxLogTextBytes + 1, 'x')}});

  const nlohmann::json record = OnlyRecord();
  EXPECT_EQ(record["fits"].get<std::string>().size(), kMaxLogTextBytes);
  EXPECT_EQ(record["cut"].get<std::string>().size(), kMaxLogTextBytes);
}

TEST_F(LoggerTest, LeavesOutWhatMattersLess) {
  EXPECT_FALSE(logger_.Writes(LogLevel::kDebug));
  EXPECT_TRUE(logger_.Writes(LogLevel::kInfo));

  logger_.Log(LogLevel::kDebug, "detail");

  EXPECT_THAT(Lines(), IsEmpty());
}

TEST_F(LoggerTest, KeepsLinesOfManyThreadsWhole) {
  constexpr int kThreads = 4;
  constexpr int kLinesEach = 500;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < kLinesEach; ++i) {
        logger_.Log(LogLevel::kInfo, "m", {{"thread", t}, {"line", i}});
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  std::vector<int> next(kThreads, 0);
  for (const std::string& line : Lines()) {
    const auto record = nlohmann::json::parse(line);
    EXPECT_EQ(record["line"], next[record["thread"]]++);
  }
  EXPECT_EQ(next, std::vector<int>(kThreads, kLinesEach));
}

TEST(Logger, LosesTheLineWhenItCannotBeWritten) {
  const SystemClock clock;
  Logger logger(clock, "p", LogLevel::kInfo, /*descriptor=*/-1);

  logger.Log(LogLevel::kError, "lost");
}

TEST(ParseLogLevel, KnowsTheFourLevels) {
  EXPECT_THAT(ParseLogLevel("debug"), IsOkAndHolds(LogLevel::kDebug));
  EXPECT_THAT(ParseLogLevel("info"), IsOkAndHolds(LogLevel::kInfo));
  EXPECT_THAT(ParseLogLevel("warning"), IsOkAndHolds(LogLevel::kWarning));
  EXPECT_THAT(ParseLogLevel("error"), IsOkAndHolds(LogLevel::kError));
  EXPECT_THAT(ParseLogLevel("INFO"),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_LOG_LEVEL"));
}

}  // namespace
}  // namespace crm

#include "shared/observe/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
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

// A log whose reader is slow: nobody reads until Read() is called.
class PipeLogTest : public ::testing::Test {
 protected:
  PipeLogTest() {
    EXPECT_EQ(pipe(ends_), 0);
    EXPECT_EQ(fcntl(ends_[0], F_SETFL, O_NONBLOCK), 0);
    logger_.emplace(clock_, "gateway", LogLevel::kInfo, ends_[1]);
  }
  ~PipeLogTest() override {
    close(ends_[0]);
    close(ends_[1]);
  }

  // Logs numbered lines until one is lost. Returns how many were logged.
  int Fill(size_t text_bytes) {
    const std::string text(text_bytes, 'x');
    int count = 0;
    for (const uint64_t lost = logger_->lost(); logger_->lost() == lost;) {
      logger_->Log(LogLevel::kInfo, text, {{"line", count++}, {"text", text}});
    }
    return count;
  }

  // Reads all that is there.
  std::string Read() {
    std::string text;
    char part[4096];
    for (ssize_t size; (size = read(ends_[0], part, sizeof(part))) > 0;) {
      text.append(part, static_cast<size_t>(size));
    }
    return text;
  }

  const FakeClock clock_{absl::UnixEpoch()};
  int ends_[2];
  std::optional<Logger> logger_;
};

TEST_F(PipeLogTest, F51_WhatNobodyReadsIsLostAndHoldsUpNobody) {
  for (const size_t text_bytes : {1u, 100u, 4000u}) {
    const int logged = Fill(text_bytes) - 1;
    ASSERT_GT(logged, 3);
    logger_->Log(LogLevel::kInfo, "lost too");

    // The first line after some are lost brings the rest of a cut one.
    std::string text = Read();
    logger_->Log(LogLevel::kInfo, "read again");
    absl::StrAppend(&text, Read());

    ASSERT_EQ(text.back(), '\n');
    text.pop_back();
    const std::vector<std::string> lines = absl::StrSplit(text, '\n');
    ASSERT_THAT(lines, SizeIs(logged + 1));
    for (int i = 0; i < logged; ++i) {
      EXPECT_EQ(nlohmann::json::parse(lines[static_cast<size_t>(i)])["line"],
                i);
    }
    EXPECT_EQ(nlohmann::json::parse(lines.back())["message"], "read again");
  }
  EXPECT_EQ(logger_->lost(), 6u);
}

TEST_F(PipeLogTest, F51_AReaderThatIsGoneCostsLines) {
  std::signal(SIGPIPE, SIG_IGN);
  close(ends_[0]);
  ends_[0] = -1;

  logger_->Log(LogLevel::kInfo, "lost");
  logger_->Log(LogLevel::kInfo, "lost");

  EXPECT_EQ(logger_->lost(), 2u);
}

TEST(Logger, F22_F51_AFullDiskCostsLines) {
  const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  const SystemClock clock;
  Logger logger(clock, "p", LogLevel::kInfo, full);

  logger.Log(LogLevel::kError, "lost");

  EXPECT_EQ(logger.lost(), 1u);
  close(full);
}

TEST(Logger, LosesTheLineWhenItCannotBeWritten) {
  const SystemClock clock;
  Logger logger(clock, "p", LogLevel::kInfo, /*descriptor=*/-1);

  logger.Log(LogLevel::kError, "lost");

  EXPECT_EQ(logger.lost(), 1u);
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

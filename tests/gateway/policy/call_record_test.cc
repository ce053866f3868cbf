#include "gateway/policy/call_record.h"

#include <unistd.h>

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/errors.h"

namespace crm::gateway {
namespace {

using ::testing::HasSubstr;

class CallRecordTest : public ::testing::Test {
 protected:
  ~CallRecordTest() override {
    close(pipe_[0]);
    close(pipe_[1]);
  }

  // Returns what was logged; at least one line must have been.
  std::string Logged() {
    std::string text(4096, '\0');
    const ssize_t size = read(pipe_[0], text.data(), text.size());
    text.resize(size < 0 ? 0 : static_cast<size_t>(size));
    return text;
  }

  int OpenPipe() {
    EXPECT_EQ(pipe(pipe_), 0);
    return pipe_[1];
  }

  int pipe_[2] = {-1, -1};
  FakeClock clock_{absl::UnixEpoch()};
  Logger logger_{clock_, "gateway", LogLevel::kInfo, OpenPipe()};
  MetricRegistry metrics_;
  CallLedger ledger_{clock_, logger_, metrics_};
};

TEST_F(CallRecordTest, NotesTheFirstEnd) {
  CallRecord record(ledger_, "rest", TraceContext{"abc", "", "", false});
  record.set_route("/a.B/C");
  record.set_principal({.tenant = "acme", .subject = "user:ada", .roles = {}});
  clock_.Advance(absl::Milliseconds(5));

  record.Finish(NotFound("LEAD_NOT_FOUND", "Gone."));
  record.Finish(absl::OkStatus());

  const std::string line = Logged();
  EXPECT_THAT(line, HasSubstr(R"("method":"/a.B/C")"));
  EXPECT_THAT(line, HasSubstr(R"("code":"NOT_FOUND")"));
  EXPECT_THAT(line, HasSubstr(R"("reason":"LEAD_NOT_FOUND")"));
  EXPECT_THAT(line, HasSubstr(R"("millis":5)"));
  EXPECT_THAT(line, HasSubstr(R"("trace":"abc")"));
  EXPECT_THAT(line, HasSubstr(R"("tenant":"acme")"));
  EXPECT_THAT(
      metrics_.Expose(),
      HasSubstr(R"(transport="rest",route="/a.B/C",code="NOT_FOUND"} 1)"));
}

TEST_F(CallRecordTest, IsCancelledWhenNobodyEndsIt) {
  { const CallRecord record(ledger_, "grpc", {}); }

  EXPECT_THAT(Logged(), HasSubstr(R"("code":"CANCELLED")"));
}

}  // namespace
}  // namespace crm::gateway

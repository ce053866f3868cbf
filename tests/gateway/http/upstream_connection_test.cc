// What a backend's connection may do to the calls it carries.

#include "gateway/http/upstream_connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/http/h2_upstream.h"
#include "gateway/http/socket.h"
#include "tests/gateway/http/exchanges.h"
#include "tests/gateway/http/h2_frames.h"
#include "tests/gateway/http/loop_thread.h"
#include "tests/gateway/http/raw_client.h"
#include "tests/support/matchers.h"

namespace crm::gateway {
namespace {

using ::crm::testing::StatusIs;

// A backend whose every byte the test decides.
class UpstreamConnectionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    absl::StatusOr<UniqueFd> listener =
        ListenTcp(ParseAddress("127.0.0.1:0").value());
    ASSERT_TRUE(listener.ok());
    listener_ = *std::move(listener);
  }

  void Connect(const UpstreamOptions& options = {}) {
    thread_.Call([&] {
      upstream_ = std::make_unique<H2Upstream>(
          thread_.loop(),
          absl::StrCat("127.0.0.1:", LocalPort(listener_.get())), options);
    });
  }

  void TearDown() override {
    thread_.Call([this] {
      call_.stream_.reset();
      upstream_.reset();
    });
  }

  LoopThread thread_;
  UniqueFd listener_;
  std::unique_ptr<H2Upstream> upstream_;
  Recorder call_;
};

// `:status: 204` by the static table.
std::string NoContent() { return Bytes({0x89}); }

TEST_F(UpstreamConnectionTest, ABackendThatAnswersNoPingIsLost) {
  UpstreamOptions options;
  options.ping_interval = absl::Milliseconds(10);
  options.ping_timeout = absl::Milliseconds(10);
  Connect(options);
  RawClient backend(listener_);
  thread_.Call([&] { call_.Get(*upstream_, "/"); });

  EXPECT_TRUE(thread_.Eventually([&] { return call_.failed_; }));
  EXPECT_THAT(call_.error_,
              StatusIs(absl::StatusCode::kUnavailable, "UPSTREAM_LOST"));
}

TEST_F(UpstreamConnectionTest,
       ACallThatABackendLeavesToOthersGoesToTheNextConnection) {
  Connect();
  RawClient leaving(listener_);
  thread_.Call([&] { call_.Get(*upstream_, "/"); });
  // GOAWAY: no stream was looked at.
  leaving.Send(Frame(kSettings, 0, 0, "") +
               Frame(kGoAway, 0, 0, Bytes({0, 0, 0, 0, 0, 0, 0, 0})));
  RawClient next(listener_);
  next.Send(Frame(kSettings, 0, 0, ""));
  ASSERT_TRUE(thread_.Eventually([&] { return upstream_->connected(); }));
  next.Send(Frame(kHeaders, kEndHeaders | kEndStream, 1, NoContent()));

  EXPECT_TRUE(thread_.Eventually([&] { return call_.done(); }));
  EXPECT_EQ(call_.head_.status, 204);
}

TEST_F(UpstreamConnectionTest, ACallWhoseBodyIsUnderWayIsNotSentTwice) {
  Connect();
  RawClient backend(listener_);
  backend.Send(Frame(kSettings, 0, 0, ""));
  thread_.Call([&] { call_.Post(*upstream_, "/", "once"); });
  backend.ReadTo("once");
  backend.Send(Frame(kRstStream, 0, 1, Bytes({0, 0, 0, 7})));

  EXPECT_TRUE(thread_.Eventually([&] { return call_.done(); }));
  EXPECT_THAT(call_.error_,
              StatusIs(absl::StatusCode::kUnavailable, "UPSTREAM_REFUSED"));
}

TEST_F(UpstreamConnectionTest, PassesOverInterimResponses) {
  Connect();
  RawClient backend(listener_);
  backend.Send(Frame(kSettings, 0, 0, ""));
  thread_.Call([&] { call_.Post(*upstream_, "/", "body"); });
  backend.ReadTo("body");
  backend.Send(
      Frame(kHeaders, kEndHeaders, 1, Bytes({0x08, 3, '1', '0', '3'})) +
      Frame(kHeaders, kEndHeaders | kEndStream, 1, NoContent()));

  EXPECT_TRUE(thread_.Eventually([&] { return call_.done(); }));
  EXPECT_EQ(call_.head_.status, 204);
}

struct ResetCase {
  int error;
  absl::StatusCode code;
};

class ResetTest : public UpstreamConnectionTest,
                  public ::testing::WithParamInterface<ResetCase> {};

TEST_P(ResetTest, TellsTheCodeThatGrpcGivesIt) {
  Connect();
  RawClient backend(listener_);
  backend.Send(Frame(kSettings, 0, 0, ""));
  thread_.Call([&] { call_.Post(*upstream_, "/", "body"); });
  backend.ReadTo("body");
  backend.Send(Frame(kRstStream, 0, 1, Bytes({0, 0, 0, GetParam().error})));

  EXPECT_TRUE(thread_.Eventually([&] { return call_.done(); }));
  EXPECT_THAT(call_.error_, StatusIs(GetParam().code, "UPSTREAM_RESET"));
}

INSTANTIATE_TEST_SUITE_P(
    Errors, ResetTest,
    ::testing::Values(ResetCase{1, absl::StatusCode::kInternal},
                      ResetCase{2, absl::StatusCode::kInternal},
                      ResetCase{8, absl::StatusCode::kCancelled},
                      ResetCase{11, absl::StatusCode::kResourceExhausted},
                      ResetCase{12, absl::StatusCode::kPermissionDenied}));

}  // namespace
}  // namespace crm::gateway

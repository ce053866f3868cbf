// HTTP/2 on both sides: our client against our server, alone and through a
// proxy made of both.

#include "gateway/http/h2_upstream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gateway/http/http_server.h"
#include "tests/gateway/http/exchanges.h"
#include "tests/gateway/http/loop_thread.h"
#include "tests/support/matchers.h"

namespace crm::gateway {
namespace {

using ::crm::testing::StatusIs;

constexpr size_t kMegabyte = 1024 * 1024;

// The most that one direction of a stream may hold in one place: the writer's
// high-water mark, what the peer may send before it is stopped, and one piece.
constexpr size_t kMaxBuffered = kHighWaterBytes + kReceiveWindowBytes + 16'384;

// An application behind a proxy, and a client that can reach both.
class H2UpstreamTest : public ::testing::Test {
 protected:
  void SetUp() override {
    thread_.Call([this] {
      StartApp(0);
      to_app_ =
          std::make_unique<H2Upstream>(thread_.loop(), app_address_, options_);
      proxy_ = std::make_unique<HttpServer>(thread_.loop(), HttpLimits{},
                                            TestProxy(*to_app_, proxy_log_));
      const absl::StatusOr<uint16_t> port = proxy_->Listen("127.0.0.1:0");
      ASSERT_TRUE(port.ok());
      to_proxy_ = std::make_unique<H2Upstream>(
          thread_.loop(), absl::StrCat("127.0.0.1:", *port), options_);
    });
  }

  void TearDown() override {
    thread_.Call([this] {
      to_proxy_.reset();
      proxy_.reset();
      to_app_.reset();
      app_.reset();
    });
  }

  void StartApp(int port) {
    app_ = std::make_unique<HttpServer>(thread_.loop(), app_limits_,
                                        TestApp(app_log_));
    const absl::StatusOr<uint16_t> bound =
        app_->Listen(absl::StrCat("127.0.0.1:", port));
    ASSERT_TRUE(bound.ok()) << bound.status();
    app_port_ = *bound;
    app_address_ = absl::StrCat("127.0.0.1:", app_port_);
  }

  // Runs `start` with a new recorder and waits until its call is over.
  std::unique_ptr<Recorder> Run(std::function<void(Recorder&)> start) {
    auto recorder = std::make_unique<Recorder>();
    thread_.Call([&] { start(*recorder); });
    EXPECT_TRUE(thread_.Eventually([&] { return recorder->done(); }));
    thread_.Call([&] { recorder->stream_.reset(); });
    return recorder;
  }

  LoopThread thread_;
  HttpLimits app_limits_;
  UpstreamOptions options_;
  AppLog app_log_;
  AppLog proxy_log_;
  int app_port_ = 0;
  std::string app_address_;
  std::unique_ptr<HttpServer> app_;
  std::unique_ptr<H2Upstream> to_app_;
  std::unique_ptr<HttpServer> proxy_;
  std::unique_ptr<H2Upstream> to_proxy_;
};

TEST_F(H2UpstreamTest, PassesBodyHeadersAndTrailersBothWays) {
  const auto call =
      Run([&](Recorder& r) { r.Post(*to_proxy_, "/echo", "hello"); });

  EXPECT_EQ(call->head_.status, 200);
  EXPECT_EQ(*FindHeader(call->head_.headers, "x-path"), "/echo");
  EXPECT_EQ(call->body_, "hello");
  EXPECT_EQ(call->trailers_, kEchoTrailers);
  const RequestHead& seen = app_log_.heads.at(0);
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.authority, "test");
  EXPECT_TRUE(seen.http2);
  EXPECT_EQ(*FindHeader(seen.headers, "x-test"), "1");
}

TEST_F(H2UpstreamTest, SendsTrailersAfterAnEmptyBody) {
  const auto call = Run([&](Recorder& r) { r.Get(*to_proxy_, "/echo"); });

  EXPECT_EQ(call->body_, "");
  EXPECT_EQ(call->trailers_, kEchoTrailers);
}

TEST_F(H2UpstreamTest, SendsAResponseOfAHeadAlone) {
  const auto call = Run([&](Recorder& r) { r.Get(*to_proxy_, "/head-only"); });

  EXPECT_TRUE(call->ended_);
  EXPECT_EQ(call->head_.status, 204);
  EXPECT_EQ(call->received_, 0);
}

TEST_F(H2UpstreamTest, StreamsMegabytesBothWaysInBoundedMemory) {
  const auto call =
      Run([&](Recorder& r) { r.Pour(*to_proxy_, "/echo", 5 * kMegabyte); });

  EXPECT_TRUE(call->ended_) << call->error_;
  EXPECT_EQ(call->received_, 5 * kMegabyte);
  EXPECT_LE(call->max_buffered_, kMaxBuffered);
  EXPECT_LE(proxy_log_.max_buffered, kMaxBuffered);
  EXPECT_LE(app_log_.max_buffered, kMaxBuffered);
}

TEST_F(H2UpstreamTest, ASlowReaderStopsAFastWriter) {
  Recorder slow;
  slow.consume_ = false;
  thread_.Call(
      [&] { slow.Get(*to_proxy_, absl::StrCat("/produce/", 5 * kMegabyte)); });
  ASSERT_TRUE(thread_.Eventually(
      [&] { return slow.received_ == kReceiveWindowBytes; }));
  // Others on the same connections are not held up.
  const auto other =
      Run([&](Recorder& r) { r.Pour(*to_proxy_, "/count", kMegabyte); });

  EXPECT_EQ(other->body_, absl::StrCat(kMegabyte));
  thread_.Call([&] {
    EXPECT_EQ(slow.received_, kReceiveWindowBytes);
    EXPECT_LE(proxy_log_.max_buffered, kMaxBuffered);
    EXPECT_LE(app_log_.max_buffered, kMaxBuffered);
    slow.consume_ = true;
    slow.stream_->Consume(slow.received_);
  });
  EXPECT_TRUE(thread_.Eventually([&] { return slow.done(); }));
  thread_.Call([&] { slow.stream_.reset(); });
  EXPECT_EQ(slow.received_, 5 * kMegabyte);
}

TEST_F(H2UpstreamTest, ADeafBackendStopsTheClient) {
  Recorder loud;
  thread_.Call([&] { loud.Pour(*to_proxy_, "/deaf", 5 * kMegabyte); });
  ASSERT_TRUE(thread_.Eventually(
      [&] { return app_log_.received == kReceiveWindowBytes; }));
  Run([&](Recorder& r) { r.Get(*to_proxy_, "/count"); });

  thread_.Call([&] {
    EXPECT_GT(loud.to_pour_, 4 * kMegabyte);
    EXPECT_EQ(app_log_.received, kReceiveWindowBytes);
    EXPECT_LE(proxy_log_.max_buffered, kMaxBuffered);
    loud.stream_.reset();
  });
}

TEST_F(H2UpstreamTest, AClientThatCancelsResetsTheBackend) {
  Recorder call;
  thread_.Call([&] { call.Get(*to_proxy_, "/hold"); });
  ASSERT_TRUE(thread_.Eventually([&] { return app_log_.held.size() == 1; }));
  thread_.Call([&] { call.stream_.reset(); });

  EXPECT_TRUE(thread_.Eventually([&] { return app_log_.resets == 1; }));
  EXPECT_TRUE(thread_.Eventually(
      [&] { return app_log_.open == 0 && proxy_log_.open == 0; }));
  thread_.Call([&] { EXPECT_FALSE(call.done()); });
}

TEST_F(H2UpstreamTest, ABackendThatBreaksOffResetsTheClient) {
  Recorder call;
  call.consume_ = false;
  thread_.Call(
      [&] { call.Get(*to_proxy_, absl::StrCat("/produce/", kMegabyte)); });
  ASSERT_TRUE(thread_.Eventually([&] { return call.received_ > 0; }));
  thread_.Call([&] { app_.reset(); });

  EXPECT_TRUE(thread_.Eventually([&] { return call.failed_; }));
  thread_.Call([&] {
    EXPECT_THAT(call.error_,
                StatusIs(absl::StatusCode::kCancelled, "UPSTREAM_RESET"));
    call.stream_.reset();
  });
}

TEST_F(H2UpstreamTest, AnAnswerBrokenOffEndsTheCallAsCancelled) {
  const auto call = Run([&](Recorder& r) { r.Get(*to_app_, "/reset"); });

  EXPECT_THAT(call->error_,
              StatusIs(absl::StatusCode::kCancelled, "UPSTREAM_RESET"));
  EXPECT_TRUE(thread_.Eventually([&] { return app_log_.open == 0; }));
}

TEST_F(H2UpstreamTest, AnAnswerBeforeTheWholeRequestEndsTheCall) {
  Recorder call;
  thread_.Call([&] { call.Pour(*to_proxy_, "/first", 5 * kMegabyte); });

  ASSERT_TRUE(thread_.Eventually([&] { return call.done(); }));
  thread_.Call([&] {
    EXPECT_EQ(call.body_, "first");
    EXPECT_TRUE(call.ended_) << call.error_;
    call.stream_.reset();
  });
  EXPECT_TRUE(thread_.Eventually(
      [&] { return app_log_.open == 0 && proxy_log_.open == 0; }));
}

TEST_F(H2UpstreamTest, RunsAHundredStreamsAtOnceAndQueuesTheRest) {
  std::vector<std::unique_ptr<Recorder>> calls(150);
  thread_.Call([&] {
    for (auto& call : calls) {
      call = std::make_unique<Recorder>();
      call->Get(*to_app_, "/hold");
    }
  });
  ASSERT_TRUE(thread_.Eventually([&] { return app_log_.held.size() == 100; }));
  thread_.Call([&] {
    for (auto& answer : std::exchange(app_log_.held, {})) answer();
  });
  ASSERT_TRUE(thread_.Eventually([&] { return app_log_.held.size() == 50; }));
  thread_.Call([&] {
    for (auto& answer : std::exchange(app_log_.held, {})) answer();
  });

  EXPECT_TRUE(thread_.Eventually([&] {
    return std::all_of(calls.begin(), calls.end(),
                       [](const auto& call) { return call->ended_; });
  }));
  EXPECT_EQ(app_log_.max_open, 100);
  thread_.Call([&] { calls.clear(); });
}

TEST_F(H2UpstreamTest, AGracefulStopLosesNoRequest) {
  Recorder before;
  Recorder after;
  bool stopped = false;
  thread_.Call([&] { before.Get(*to_app_, "/hold"); });
  ASSERT_TRUE(thread_.Eventually([&] { return app_log_.held.size() == 1; }));
  thread_.Call([&] {
    app_->Stop(absl::Seconds(10), [&] { stopped = true; });
    // The client has not read the GOAWAY yet; the server must still answer.
    after.Post(*to_app_, "/echo", "late");
  });
  ASSERT_TRUE(thread_.Eventually([&] { return after.done(); }));
  thread_.Call([&] {
    EXPECT_TRUE(after.ended_) << after.error_;
    EXPECT_FALSE(stopped);
    EXPECT_FALSE(to_app_->connected());
    app_log_.held.at(0)();
  });

  EXPECT_TRUE(thread_.Eventually([&] { return before.done() && stopped; }));
  thread_.Call([&] {
    EXPECT_EQ(before.body_, "held");
    before.stream_.reset();
    after.stream_.reset();
  });
}

TEST_F(H2UpstreamTest, AStopClosesWhatIsLeftAtItsDeadline) {
  Recorder call;
  bool stopped = false;
  thread_.Call([&] { call.Get(*to_app_, "/hold"); });
  ASSERT_TRUE(thread_.Eventually([&] { return app_log_.held.size() == 1; }));
  thread_.Call(
      [&] { app_->Stop(absl::Milliseconds(20), [&] { stopped = true; }); });

  EXPECT_TRUE(thread_.Eventually([&] { return stopped && call.failed_; }));
  thread_.Call([&] {
    EXPECT_THAT(call.error_,
                StatusIs(absl::StatusCode::kUnavailable, "UPSTREAM_LOST"));
    EXPECT_EQ(app_log_.resets, 1);
    call.stream_.reset();
  });
}

TEST_F(H2UpstreamTest, WaitsForABackendThatRestarts) {
  Run([&](Recorder& r) { r.Post(*to_proxy_, "/echo", "one"); });
  Recorder during;
  thread_.Call([&] {
    app_.reset();
    during.Post(*to_proxy_, "/echo", "two");
  });
  ASSERT_TRUE(thread_.Eventually([&] { return !to_app_->connected(); }));
  thread_.Call([&] { StartApp(app_port_); });

  const auto later =
      Run([&](Recorder& r) { r.Post(*to_proxy_, "/echo", "three"); });
  EXPECT_EQ(later->body_, "three");
  EXPECT_TRUE(thread_.Eventually([&] { return during.done(); }));
  thread_.Call([&] { during.stream_.reset(); });
}

TEST_F(H2UpstreamTest, FailsAsUnreachableWithoutABackend) {
  UpstreamOptions impatient;
  impatient.wait_timeout = absl::Milliseconds(20);
  impatient.max_waiting = 1;
  std::unique_ptr<H2Upstream> upstream;
  Recorder one;
  Recorder one_too_many;
  thread_.Call([&] {
    app_.reset();
    upstream =
        std::make_unique<H2Upstream>(thread_.loop(), app_address_, impatient);
    one.Get(*upstream, "/echo");
    one_too_many.Get(*upstream, "/echo");
    EXPECT_FALSE(one_too_many.done());
  });

  ASSERT_TRUE(thread_.Eventually([&] { return one_too_many.done(); }));
  thread_.Call([&] { EXPECT_FALSE(one.done()); });
  EXPECT_TRUE(thread_.Eventually([&] { return one.done(); }));
  thread_.Call([&] {
    EXPECT_THAT(one.error_, StatusIs(absl::StatusCode::kUnavailable,
                                     "UPSTREAM_UNREACHABLE"));
    EXPECT_THAT(one_too_many.error_, StatusIs(absl::StatusCode::kUnavailable,
                                              "UPSTREAM_UNREACHABLE"));
    one.stream_.reset();
    one_too_many.stream_.reset();
    upstream.reset();
  });
}

TEST_F(H2UpstreamTest, ACallCancelledWhileItWaitsIsNeverSent) {
  thread_.Call([&] { app_.reset(); });
  ASSERT_TRUE(thread_.Eventually([&] { return !to_app_->connected(); }));
  Recorder call;
  thread_.Call([&] {
    call.Get(*to_app_, "/echo");
    call.stream_.reset();
    StartApp(app_port_);
  });

  Run([&](Recorder& r) { r.Get(*to_app_, "/count"); });

  EXPECT_EQ(app_log_.heads.size(), 1);
  EXPECT_FALSE(call.done());
}

TEST_F(H2UpstreamTest, F43_TooManyResetsCloseTheConnection) {
  const auto reset_one = [&](size_t number) {
    Recorder call;
    thread_.Call([&] { call.Get(*to_app_, "/hold"); });
    ASSERT_TRUE(
        thread_.Eventually([&] { return app_log_.heads.size() == number; }));
    thread_.Call([&] { call.stream_.reset(); });
  };
  for (size_t i = 1; i <= 201; ++i) reset_one(i);
  ASSERT_TRUE(thread_.Eventually([&] { return app_log_.resets == 201; }));

  Run([&](Recorder& r) { r.Get(*to_app_, "/count"); });

  // 200 are forgiven; the one after them cost the connection.
  EXPECT_EQ(app_log_.heads[200].peer, app_log_.heads[0].peer);
  EXPECT_NE(app_log_.heads[201].peer, app_log_.heads[0].peer);
}

TEST_F(H2UpstreamTest, RefusesHeadersAboveTheLimit) {
  Recorder call;
  thread_.Call([&] {
    RequestHead head = {.method = "GET",
                        .authority = "test",
                        .path = "/echo",
                        .headers = {{"x-large", std::string(17'000, 'x')}}};
    call.stream_ = to_app_->Open(std::move(head), call);
    call.stream_->End();
  });

  ASSERT_TRUE(thread_.Eventually([&] { return call.done(); }));
  thread_.Call([&] {
    EXPECT_EQ(call.head_.status, 431);
    EXPECT_TRUE(app_log_.heads.empty());
    call.stream_.reset();
  });
}

}  // namespace
}  // namespace crm::gateway

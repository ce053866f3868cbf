#include "gateway/proxy/draining_retry.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/http/h2_upstream.h"
#include "gateway/http/http_server.h"
#include "gateway/proxy/answer.h"
#include "gateway/transcode/grpc_wire.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/errors.h"
#include "tests/gateway/fake_backend.h"
#include "tests/gateway/http/exchanges.h"
#include "tests/gateway/http/loop_thread.h"

namespace crm::gateway {
namespace {

using ::testing::Each;
using ::testing::Field;
using ::testing::SizeIs;

constexpr char kCall[] = "/crm.operational.v1.LeadService/GetLead";

class DrainingRetryTest : public ::testing::Test {
 protected:
  DrainingRetryTest() {
    thread_.Call([this] {
      upstream_ =
          std::make_unique<H2Upstream>(thread_.loop(), backend_.address());
      retry_ = std::make_unique<DrainingRetry>(thread_.loop(), *upstream_);
    });
  }

  ~DrainingRetryTest() override {
    thread_.Call([this] {
      retry_.reset();
      upstream_.reset();
    });
  }

  // Makes the backend refuse the first `times` calls with `refusal`.
  void Refuse(size_t times, BackendReply refusal) {
    backend_.Handle(kCall, [this, times, refusal](const BackendCall& call) {
      if (backend_.Calls(kCall).size() <= times) return refusal;
      BackendReply reply;
      reply.messages = call.messages;
      return reply;
    });
  }

  std::unique_ptr<Recorder> Call(const std::string& message) {
    auto call = std::make_unique<Recorder>();
    thread_.Call([&] { call->Post(*retry_, kCall, GrpcFrame(message)); });
    EXPECT_TRUE(thread_.Eventually([&] { return call->done(); }));
    thread_.Call([&] { call->stream_.reset(); });
    return call;
  }

  static BackendReply Draining() {
    BackendReply reply;
    reply.status = Unavailable("DRAINING", "About to stop.");
    return reply;
  }

  static std::string StatusOf(const Recorder& call) {
    const std::string* code = FindHeader(call.trailers_, "grpc-status");
    if (code == nullptr) code = FindHeader(call.head_.headers, "grpc-status");
    return code == nullptr ? "" : *code;
  }

  FakeBackend backend_;
  LoopThread thread_;
  std::unique_ptr<H2Upstream> upstream_;
  std::unique_ptr<DrainingRetry> retry_;
};

TEST_F(DrainingRetryTest, SendsTheWholeRequestOnceMore) {
  Refuse(2, Draining());

  const auto call = Call("hello");

  EXPECT_EQ(StatusOf(*call), "0");
  EXPECT_EQ(call->body_, GrpcFrame("hello"));
  EXPECT_THAT(backend_.Calls(kCall), SizeIs(3));
  EXPECT_THAT(
      backend_.Calls(kCall),
      Each(Field(&BackendCall::messages, ::testing::ElementsAre("hello"))));
}

TEST_F(DrainingRetryTest, GivesUpAndSaysWhatTheBackendSaid) {
  Refuse(100, Draining());

  const auto call = Call("hello");

  EXPECT_EQ(StatusOf(*call), "14");
  EXPECT_THAT(backend_.Calls(kCall), SizeIs(1 + DrainingRetry::kMaxRetries));
}

TEST_F(DrainingRetryTest, RepeatsNothingElse) {
  BackendReply overloaded;
  overloaded.status = Unavailable("OVERLOADED", "Too much.");
  BackendReply late = Draining();
  late.messages = {"work was done"};
  for (const BackendReply& reply : {overloaded, late}) {
    const size_t before = backend_.Calls(kCall).size();
    Refuse(100, reply);

    EXPECT_EQ(StatusOf(*Call("hello")), "14");
    EXPECT_THAT(backend_.Calls(kCall), SizeIs(before + 1));
  }
}

TEST_F(DrainingRetryTest, RepeatsNoRequestThatIsTooLarge) {
  Refuse(100, Draining());

  Call(std::string(DrainingRetry::kMaxRequestBytes, 'x'));

  EXPECT_THAT(backend_.Calls(kCall), SizeIs(1));
}

// Refuses the first two requests as they begin, and counts the bytes of others.
class EarlyRefusalTest : public ::testing::Test {
 protected:
  EarlyRefusalTest() {
    thread_.Call([this] {
      server_ = std::make_unique<HttpServer>(
          thread_.loop(), HttpLimits{},
          [this, app = TestApp(log_)](RequestHead head,
                                      ResponseWriter& writer) {
            if (refused_ == 2) return app(std::move(head), writer);
            ++refused_;
            ResponseHead refusal;
            for (auto& [name, value] :
                 StatusTrailers(Unavailable("DRAINING", "About to stop."))) {
              refusal.headers.push_back({name, std::move(value)});
            }
            writer.Start(std::move(refusal));
            writer.End();
            return AnsweredExchange();
          });
      upstream_ = std::make_unique<H2Upstream>(
          thread_.loop(),
          absl::StrCat("127.0.0.1:", *server_->Listen("127.0.0.1:0")));
      retry_ = std::make_unique<DrainingRetry>(thread_.loop(), *upstream_);
    });
  }

  ~EarlyRefusalTest() override {
    thread_.Call([this] {
      call_.stream_.reset();
      retry_.reset();
      upstream_.reset();
      server_.reset();
    });
  }

  LoopThread thread_;
  AppLog log_;
  int refused_ = 0;
  std::unique_ptr<HttpServer> server_;
  std::unique_ptr<H2Upstream> upstream_;
  std::unique_ptr<DrainingRetry> retry_;
  Recorder call_;
};

TEST_F(EarlyRefusalTest, WhatIsSentBetweenAttemptsGoesWithTheNext) {
  const std::string piece(DrainingRetry::kMaxRequestBytes / 2, 'x');
  thread_.Call([&] {
    RequestHead head;
    head.method = "POST";
    head.authority = "test";
    head.path = "/count";
    call_.stream_ = retry_->Open(std::move(head), call_);
    call_.stream_->Write("x");
  });
  ASSERT_TRUE(thread_.Eventually([this] { return refused_ == 2; }));

  for (int i = 0; i < 6; ++i) {
    thread_.Call([&] { call_.stream_->Write(piece); });
  }
  thread_.Call([this] { call_.stream_->End(); });

  ASSERT_TRUE(thread_.Eventually([this] { return call_.done(); }));
  EXPECT_EQ(call_.body_, absl::StrCat(6 * piece.size() + 1));
}

TEST_F(DrainingRetryTest, ACallCancelledBetweenAttemptsIsOver) {
  Refuse(100, Draining());
  auto call = std::make_unique<Recorder>();
  thread_.Call([&] { call->Post(*retry_, kCall, GrpcFrame("hello")); });
  ASSERT_TRUE(
      thread_.Eventually([&] { return backend_.Calls(kCall).size() >= 2; }));

  thread_.Call([&] { call->stream_.reset(); });

  EXPECT_FALSE(call->done());
}

}  // namespace
}  // namespace crm::gateway

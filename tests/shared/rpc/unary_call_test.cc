// What holds of a unary call whichever way gRPC hands it over: with its request
// if the method is registered, as a Get is, and before it has come if not.

#include "shared/rpc/unary_call.h"

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "gmock/gmock.h"
#include "grpc/compression.h"
#include "gtest/gtest.h"
#include "shared/base/errors.h"
#include "tests/shared/rpc/echo_service.h"
#include "tests/shared/rpc/raw_client.h"
#include "tests/shared/rpc/test_server.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::EchoHandlers;
using ::crm::testing::IsOk;
using ::crm::testing::kEcho;
using ::crm::testing::Pack;
using ::crm::testing::RawAnswer;
using ::crm::testing::RawClient;
using ::crm::testing::StatusIs;
using ::crm::testing::TestServer;
using ::crm::testing::Unpack;
using ::crm::testing::ValuesOf;
using ::testing::Bool;
using ::testing::ElementsAre;
using ::testing::TestWithParam;

class UnaryCallTest : public TestWithParam<bool> {
 protected:
  static EchoHandlers Serve(UnaryHandler handler,
                            Placement placement = Placement::kPool) {
    return {.echo = std::move(handler),
            .placement = placement,
            .as_gets = GetParam()};
  }
};

INSTANTIATE_TEST_SUITE_P(Paths, UnaryCallTest, Bool(), [](const auto& info) {
  return info.param ? "Registered" : "Other";
});

TEST_P(UnaryCallTest, AnswersInlineAndFromThePool) {
  for (const Placement placement : {Placement::kInline, Placement::kPool}) {
    TestServer server(Serve(nullptr, placement));
    RawClient client(server.port());

    const RawAnswer answer = client.Call(kEcho, Pack("hello"));

    EXPECT_THAT(answer.status, IsOk());
    EXPECT_EQ(Unpack(answer.bytes), "hello");
  }
}

TEST_P(UnaryCallTest, AnswersWithMetadata) {
  TestServer server(Serve([](std::shared_ptr<Call>, Done done) {
    done(Answer{.bytes = Pack("done"), .metadata = {{"crm-token", "t1"}}});
  }));
  RawClient client(server.port());

  const RawAnswer answer = client.Call(kEcho, "");

  EXPECT_EQ(Unpack(answer.bytes), "done");
  EXPECT_THAT(ValuesOf(answer.initial, "crm-token"), ElementsAre("t1"));
}

TEST_P(UnaryCallTest, AnswersWithTheDetailsOfAnError) {
  TestServer server(Serve([](std::shared_ptr<Call>, Done done) {
    done(BadRequest({{"lead.state", "Is output only."}}));
  }));
  RawClient client(server.port());

  const RawAnswer answer = client.Call(kEcho, "");

  EXPECT_THAT(answer.status,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(FieldViolations(answer.status),
              ElementsAre(FieldViolation{"lead.state", "Is output only."}));
}

TEST_P(UnaryCallTest, RefusesACallWithoutARequest) {
  TestServer server(Serve(nullptr));
  RawClient client(server.port());

  EXPECT_THAT(
      client.Open(kEcho, std::nullopt)->Finish(),
      StatusIs(absl::StatusCode::kInvalidArgument, "REQUEST_MALFORMED"));
}

TEST_P(UnaryCallTest, RefusesAMessageOverTheLimit) {
  RpcServer::Options options;
  options.max_message_bytes = 1000;
  TestServer server(Serve(nullptr), {}, options);
  RawClient client(server.port());

  EXPECT_THAT(client.Call(kEcho, std::string(1000, 'x')).status, IsOk());
  EXPECT_EQ(client.Call(kEcho, std::string(1001, 'x')).status.code(),
            absl::StatusCode::kResourceExhausted);
}

TEST_P(UnaryCallTest, RefusesACompressedMessage) {
  TestServer server(Serve(nullptr));
  RawClient client(server.port());

  const RawAnswer answer = client.Call(kEcho, std::string(10'000, 'x'),
                                       {.compression = GRPC_COMPRESS_GZIP});

  EXPECT_EQ(answer.status.code(), absl::StatusCode::kUnimplemented);
}

TEST_P(UnaryCallTest, TellsTheHandlerThatTheCallerHasGone) {
  std::promise<std::pair<std::shared_ptr<Call>, Done>> received;
  TestServer server(Serve(
      [&](std::shared_ptr<Call> call, Done done) {
        received.set_value({std::move(call), std::move(done)});
      },
      Placement::kInline));
  RawClient client(server.port());
  auto stream = client.Open(kEcho, Pack("hello"));
  auto [call, done] = received.get_future().get();
  EXPECT_FALSE(call->cancelled);

  stream->Cancel();

  EXPECT_EQ(stream->Finish().code(), absl::StatusCode::kCancelled);
  // It takes a moment to arrive; the test's own limit ends the wait.
  while (!call->cancelled) std::this_thread::yield();
  done(Answer{.bytes = Pack("late"), .metadata = {}});
}

TEST_P(UnaryCallTest, EndsACallThatHangsWhenTheServerStops) {
  std::promise<Done> received;
  TestServer server(
      Serve([&](std::shared_ptr<Call>,
                Done done) { received.set_value(std::move(done)); },
            Placement::kInline));
  RawClient client(server.port());
  auto stream = client.Open(kEcho, Pack("hello"));
  Done done = received.get_future().get();

  std::thread stopper([&] { server->Shutdown(absl::ZeroDuration()); });

  EXPECT_FALSE(stream->Finish().ok());
  done(Answer{.bytes = Pack("late"), .metadata = {}});
  stopper.join();
}

}  // namespace
}  // namespace crm

// Unary calls through a real server.

#include "shared/rpc/server.h"

#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "grpc/compression.h"
#include "gtest/gtest.h"
#include "shared/base/errors.h"
#include "shared/rpc/parse_filter.h"
#include "tests/shared/rpc/echo_service.h"
#include "tests/shared/rpc/raw_client.h"
#include "tests/shared/rpc/test_server.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::Bind;
using ::crm::testing::EchoMethod;
using ::crm::testing::IsOk;
using ::crm::testing::kEcho;
using ::crm::testing::kStore;
using ::crm::testing::LogFile;
using ::crm::testing::Pack;
using ::crm::testing::RawAnswer;
using ::crm::testing::RawClient;
using ::crm::testing::StatusIs;
using ::crm::testing::TestServer;
using ::crm::testing::Unpack;
using ::crm::testing::ValuesOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

UnaryHandler FailWith(absl::Status status) {
  return [status](std::shared_ptr<Call>, Done done) { done(status); };
}

TEST(RpcServer, AnswersAUnaryCall) {
  TestServer server;
  RawClient client(server.port());

  const RawAnswer answer = client.Call(kEcho, Pack("hello"));

  EXPECT_THAT(answer.status, IsOk());
  EXPECT_EQ(Unpack(answer.bytes), "hello");
}

TEST(RpcServer, AnswersInline) {
  TestServer server({.placement = Placement::kInline});
  RawClient client(server.port());

  EXPECT_EQ(Unpack(client.Call(kEcho, Pack("hello")).bytes), "hello");
}

TEST(RpcServer, AnswersFromAnotherThreadLater) {
  std::promise<Done> received;
  TestServer server(
      {.echo = [&](std::shared_ptr<Call>,
                   Done done) { received.set_value(std::move(done)); },
       .placement = Placement::kInline});
  std::thread later([&] {
    received.get_future().get()(Answer{.bytes = Pack("late"), .metadata = {}});
  });
  RawClient client(server.port());

  EXPECT_EQ(Unpack(client.Call(kEcho, Pack("hello")).bytes), "late");
  later.join();
}

TEST(RpcServer, TellsTheHandlerAboutTheCall) {
  std::promise<std::shared_ptr<Call>> received;
  TestServer server({.echo = [&](std::shared_ptr<Call> call, Done done) {
    received.set_value(call);
    done(Answer{});
  }});
  RawClient client(server.port());

  client.Call(kEcho, Pack("hello"),
              {.metadata = {{"crm-extra", "1"}, {"crm-extra", "2"}},
               .timeout = absl::Seconds(20)});

  const std::shared_ptr<Call> call = received.get_future().get();
  EXPECT_EQ(call->context.method, EchoMethod(kEcho));
  EXPECT_THAT(ValuesOf(call->metadata, "crm-extra"), ElementsAre("1", "2"));
  EXPECT_THAT(call->peer, HasSubstr("127.0.0.1"));
  EXPECT_EQ(call->request_bytes, Pack("hello"));
  const absl::Duration left = call->context.deadline - call->context.now;
  EXPECT_GT(left, absl::Seconds(10));
  // gRPC rounds what it sends up.
  EXPECT_LE(left, absl::Seconds(21));
}

TEST(RpcServer, ClampsTheDeadline) {
  std::promise<absl::Duration> received;
  RpcServer::Options options;
  options.max_unary_deadline = absl::Seconds(2);
  TestServer server(
      {.echo =
           [&](std::shared_ptr<Call> call, Done done) {
             received.set_value(call->context.deadline - call->context.now);
             done(Answer{});
           }},
      {}, options);
  RawClient client(server.port());

  client.Call(kEcho, Pack("hello"), {.timeout = absl::Hours(1)});

  EXPECT_EQ(received.get_future().get(), absl::Seconds(2));
}

TEST(RpcServer, GivesADeadlineToACallWithoutOne) {
  std::promise<absl::Duration> received;
  TestServer server({.echo = [&](std::shared_ptr<Call> call, Done done) {
    received.set_value(call->context.deadline - call->context.now);
    done(Answer{});
  }});
  RawClient client(server.port());

  client.Call(kEcho, Pack("hello"), {.timeout = absl::InfiniteDuration()});

  EXPECT_EQ(received.get_future().get(), absl::Seconds(30));
}

TEST(RpcServer, SendsMetadataBeforeTheAnswer) {
  TestServer server({.echo = [](std::shared_ptr<Call>, Done done) {
    done(Answer{.bytes = "", .metadata = {{"crm-token", "t1"}}});
  }});
  RawClient client(server.port());

  const RawAnswer answer = client.Call(kEcho, "");

  EXPECT_THAT(ValuesOf(answer.initial, "crm-token"), ElementsAre("t1"));
}

TEST(RpcServer, SendsErrorsWithTheirDetails) {
  TestServer server(
      {.echo = FailWith(BadRequest({{"lead.display_name", "Is too long."},
                                    {"lead.state", "Is output only."}}))});
  RawClient client(server.port());

  const RawAnswer answer = client.Call(kEcho, "");

  EXPECT_THAT(answer.status,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(FieldViolations(answer.status),
              ElementsAre(FieldViolation{"lead.display_name", "Is too long."},
                          FieldViolation{"lead.state", "Is output only."}));
}

TEST(RpcServer, SendsAsManyViolationsAsFitTheMetadata) {
  std::vector<FieldViolation> violations(
      500, {"requests[1].lead.display_name", std::string(100, 'x')});
  TestServer server({.echo = FailWith(BadRequest(violations))});
  RawClient client(server.port());

  const RawAnswer answer = client.Call(kEcho, "");

  EXPECT_THAT(answer.status,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(FieldViolations(answer.status), Not(IsEmpty()));
}

TEST(RpcServer, HidesInternalErrorsBehindAnId) {
  TestServer server(
      {.echo = FailWith(Internal("BROKEN", "secret table is missing"))});
  RawClient client(server.port());

  const RawAnswer answer = client.Call(kEcho, "");

  EXPECT_THAT(answer.status, StatusIs(absl::StatusCode::kInternal, "INTERNAL"));
  EXPECT_THAT(answer.status.ToString(), Not(HasSubstr("secret")));
  EXPECT_THAT(server.log().Text(), HasSubstr("secret table is missing"));
  EXPECT_THAT(server.log().Text(), HasSubstr("error_id"));
}

TEST(RpcServer, NeverAnswersUnknown) {
  TestServer server({.echo = FailWith(absl::UnknownError("strange"))});
  RawClient client(server.port());

  EXPECT_THAT(client.Call(kEcho, "").status,
              StatusIs(absl::StatusCode::kInternal, "INTERNAL"));
}

TEST(RpcServer, SurvivesAnExceptionInAHandler) {
  TestServer server({.echo = [](std::shared_ptr<Call>, Done) {
    throw std::runtime_error("bad luck");
  }});
  RawClient client(server.port());

  EXPECT_THAT(client.Call(kEcho, "").status,
              StatusIs(absl::StatusCode::kInternal, "INTERNAL"));
  EXPECT_THAT(server.log().Text(), HasSubstr("bad luck"));
  EXPECT_THAT(client.Call(kStore, Pack("alive")).status, IsOk());
}

TEST(RpcServer, AnswersForAHandlerThatDoesNot) {
  TestServer server({.echo = [](std::shared_ptr<Call>, Done) {}});
  RawClient client(server.port());

  EXPECT_THAT(client.Call(kEcho, "").status,
              StatusIs(absl::StatusCode::kInternal, "INTERNAL"));
  EXPECT_THAT(server.log().Text(), HasSubstr("ANSWER_MISSING"));
}

TEST(RpcServer, TakesTheFirstOfTwoAnswers) {
  TestServer server({.echo = [](std::shared_ptr<Call>, Done done) {
    done(Answer{.bytes = Pack("first"), .metadata = {}});
    done(Internal("SECOND", "Comes too late."));
  }});
  RawClient client(server.port());

  EXPECT_EQ(Unpack(client.Call(kEcho, "").bytes), "first");
}

TEST(RpcServer, RefusesMetadataThatCannotBeSent) {
  TestServer server({.echo = [](std::shared_ptr<Call>, Done done) {
    done(Answer{.bytes = "", .metadata = {{"crm-token", "a\nb"}}});
  }});
  RawClient client(server.port());

  EXPECT_THAT(client.Call(kEcho, "").status,
              StatusIs(absl::StatusCode::kInternal, "INTERNAL"));
}

TEST(RpcServer, RefusesACallWithoutARequest) {
  TestServer server;
  RawClient client(server.port());

  EXPECT_THAT(
      client.Open(kEcho, std::nullopt)->Finish(),
      StatusIs(absl::StatusCode::kInvalidArgument, "REQUEST_MALFORMED"));
}

TEST(RpcServer, RefusesGarbage) {
  ParseFilter parse;
  TestServer server({}, {.filters = {&parse}});
  RawClient client(server.port());

  EXPECT_THAT(
      client.Call(kEcho, "\xff\xff\xff").status,
      StatusIs(absl::StatusCode::kInvalidArgument, "REQUEST_MALFORMED"));
}

TEST(RpcServer, RefusesAMessageOverTheLimit) {
  RpcServer::Options options;
  options.max_message_bytes = 1000;
  TestServer server({}, {}, options);
  RawClient client(server.port());

  EXPECT_THAT(client.Call(kEcho, std::string(1000, 'x')).status, IsOk());
  EXPECT_EQ(client.Call(kEcho, std::string(1001, 'x')).status.code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(RpcServer, RefusesToSendAnAnswerOverTheLimit) {
  RpcServer::Options options;
  options.max_message_bytes = 1000;
  TestServer server(
      {.echo =
           [](std::shared_ptr<Call>, Done done) {
             done(Answer{.bytes = std::string(1001, 'x'), .metadata = {}});
           }},
      {}, options);
  RawClient client(server.port());

  EXPECT_THAT(
      client.Call(kEcho, "").status,
      StatusIs(absl::StatusCode::kResourceExhausted, "RESPONSE_TOO_LARGE"));
}

TEST(RpcServer, RefusesACompressedMessage) {
  TestServer server;
  RawClient client(server.port());

  const RawAnswer answer = client.Call(kEcho, std::string(10'000, 'x'),
                                       {.compression = GRPC_COMPRESS_GZIP});

  EXPECT_EQ(answer.status.code(), absl::StatusCode::kUnimplemented);
}

TEST(RpcServer, DoesNotKnowOtherMethods) {
  TestServer server;
  RawClient client(server.port());

  EXPECT_EQ(client.Call("/crm.test.v1.EchoService/Other", "").status.code(),
            absl::StatusCode::kUnimplemented);
}

TEST(RpcServer, RefusesToStartWithAMethodUnbound) {
  std::vector<MethodBinding> bindings = Bind({});
  bindings.pop_back();
  SystemClock clock;
  LogFile log;

  const auto server =
      RpcServer::Start({}, std::move(bindings), {}, clock, log.logger());

  EXPECT_THAT(server, StatusIs(absl::StatusCode::kFailedPrecondition,
                               "METHOD_NOT_BOUND"));
  EXPECT_THAT(std::string(server.status().message()),
              HasSubstr("crm.test.v1.EchoService.Talk is not bound"));
}

TEST(RpcServer, RefusesToStartWithTheWrongHandler) {
  std::vector<MethodBinding> bindings = Bind({});
  bindings.back().stream = nullptr;
  bindings.back().unary = testing::AnswerBack();
  bindings.push_back(bindings.front());
  SystemClock clock;
  LogFile log;

  const auto server =
      RpcServer::Start({}, std::move(bindings), {}, clock, log.logger());

  EXPECT_THAT(std::string(server.status().message()),
              HasSubstr("Talk is bound to a handler of the wrong kind"));
  EXPECT_THAT(std::string(server.status().message()),
              HasSubstr("Echo is bound twice"));
}

}  // namespace
}  // namespace crm

// Unary calls through a real server.

#include "shared/rpc/server.h"

#include <atomic>
#include <future>
#include <stdexcept>
#include <thread>

#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "grpc/grpc.h"
#include "gtest/gtest.h"
#include "shared/base/errors.h"
#include "shared/rpc/observe_filter.h"
#include "shared/rpc/parse_filter.h"
#include "tests/shared/rpc/echo_service.h"
#include "tests/shared/rpc/raw_client.h"
#include "tests/shared/rpc/test_server.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::Bind;
using ::crm::testing::EchoHandlers;
using ::crm::testing::EchoMethod;
using ::crm::testing::IsOk;
using ::crm::testing::kEcho;
using ::crm::testing::kInner;
using ::crm::testing::kStore;
using ::crm::testing::kWatch;
using ::crm::testing::LogFile;
using ::crm::testing::Pack;
using ::crm::testing::RawAnswer;
using ::crm::testing::RawCallOptions;
using ::crm::testing::RawClient;
using ::crm::testing::StatusIs;
using ::crm::testing::TestServer;
using ::crm::testing::Unpack;
using ::crm::testing::ValuesOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

UnaryHandler FailWith(absl::Status status) {
  return [status](std::shared_ptr<Call>, Done done) { done(status); };
}

RpcServer::Options SmallPool() {
  RpcServer::Options options;
  options.pool_threads = 1;
  options.max_pool_queue = 1;
  return options;
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
  TestServer server({}, {&parse});
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

TEST(RpcServer, RefusesAtOnceWhenThePoolIsFull) {
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  std::promise<void> running;
  std::atomic<int> calls{0};
  TestServer server({.echo =
                         [&](std::shared_ptr<Call>, Done done) {
                           if (calls++ == 0) running.set_value();
                           released.wait();
                           done(Answer{});
                         }},
                    {}, SmallPool());
  RawClient client(server.port());
  std::vector<std::thread> callers;
  // The first call runs; of the next two, one is queued and one refused.
  callers.emplace_back([&] { client.Call(kEcho, ""); });
  running.get_future().wait();
  std::atomic<int> refused{0};
  std::promise<RawAnswer> refusal;
  for (int i = 0; i < 2; ++i) {
    callers.emplace_back([&] {
      RawAnswer answer = client.Call(kEcho, "");
      if (!answer.status.ok() && refused++ == 0) {
        refusal.set_value(std::move(answer));
      }
    });
  }

  const RawAnswer answer = refusal.get_future().get();
  release.set_value();
  for (std::thread& caller : callers) caller.join();

  EXPECT_THAT(answer.status,
              StatusIs(absl::StatusCode::kUnavailable, "OVERLOADED"));
  EXPECT_THAT(ValuesOf(answer.trailing, "grpc-retry-pushback-ms"), SizeIs(1));
  EXPECT_EQ(refused, 1);
}

TEST(RpcServer, ShowsTheHandlerThatTheCallerHasGone) {
  std::promise<std::pair<std::shared_ptr<Call>, Done>> received;
  TestServer server({.echo = [&](std::shared_ptr<Call> call, Done done) {
    received.set_value({std::move(call), std::move(done)});
  }});
  RawClient client(server.port());

  auto stream = client.Open(kEcho, Pack("hello"));
  auto [call, done] = received.get_future().get();
  EXPECT_FALSE(call->cancelled);
  stream->Cancel();
  const absl::Status status = stream->Finish();
  // The server learns of it on its own threads.
  while (!call->cancelled) std::this_thread::yield();
  done(Answer{});

  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
}

TEST(RpcServer, DropsQueuedWorkThatNobodyWaitsFor) {
  std::promise<void> release;
  std::promise<void> running;
  std::atomic<int> stores{0};
  // Sees the second call end.
  class EndSignal final : public CallFilter {
   public:
    absl::Status Begin(Call& call) override {
      if (call.context.method == EchoMethod(kStore)) begun_.set_value(&call);
      return absl::OkStatus();
    }
    void End(const Call& call, const absl::Status& status) override {
      if (call.context.method == EchoMethod(kStore)) ended_.set_value(status);
    }
    std::promise<Call*> begun_;
    std::promise<absl::Status> ended_;
  } signal;
  RpcServer::Options options = SmallPool();
  TestServer server({.echo =
                         [&](std::shared_ptr<Call>, Done done) {
                           running.set_value();
                           release.get_future().wait();
                           done(Answer{});
                         },
                     .store =
                         [&](std::shared_ptr<Call>, Done done) {
                           ++stores;
                           done(Answer{});
                         }},
                    {&signal}, options);
  RawClient client(server.port());
  std::thread first([&] { client.Call(kEcho, ""); });
  running.get_future().wait();

  auto second = client.Open(kStore, Pack("x"));
  Call* call = signal.begun_.get_future().get();
  second->Cancel();
  while (!call->cancelled) std::this_thread::yield();
  release.set_value();
  const absl::Status end = signal.ended_.get_future().get();
  first.join();

  EXPECT_THAT(end, StatusIs(absl::StatusCode::kCancelled, "CANCELLED"));
  EXPECT_EQ(stores, 0);
}

TEST(RpcServer, SendsTheTraceWithAnswersAndErrors) {
  SystemClock clock;
  LogFile log;
  MetricRegistry metrics;
  ObserveFilter observe(clock, log.logger(), metrics);
  TestServer server({.store = FailWith(NotFound("LEAD_NOT_FOUND", "None."))},
                    {&observe});
  RawClient client(server.port());
  const std::string trace = "0af7651916cd43dd8448eb211c80319c";
  const RawCallOptions options{
      .metadata = {{"traceparent", "00-" + trace + "-b7ad6b7169203331-01"}}};

  const RawAnswer good = client.Call(kEcho, "", options);
  const RawAnswer bad = client.Call(kStore, "", options);

  EXPECT_THAT(ValuesOf(good.initial, "crm-trace-id"), ElementsAre(trace));
  EXPECT_THAT(ValuesOf(bad.trailing, "crm-trace-id"), ElementsAre(trace));
}

TEST(RpcServer, RunsFiltersInOrderAndEndsThemInReverse) {
  std::mutex mutex;
  std::string steps;
  class Step final : public CallFilter {
   public:
    Step(char name, bool pass, std::mutex& mutex, std::string& steps)
        : name_(name), pass_(pass), mutex_(mutex), steps_(steps) {}
    absl::Status Begin(Call&) override {
      std::lock_guard<std::mutex> lock(mutex_);
      steps_ += name_;
      return pass_ ? absl::OkStatus() : Aborted("STOP", "Stop.");
    }
    void End(const Call&, const absl::Status&) override {
      std::lock_guard<std::mutex> lock(mutex_);
      steps_ += static_cast<char>(name_ - 'a' + 'A');
    }

   private:
    const char name_;
    const bool pass_;
    std::mutex& mutex_;
    std::string& steps_;
  };
  Step a('a', true, mutex, steps);
  Step b('b', false, mutex, steps);
  Step c('c', true, mutex, steps);
  TestServer server({}, {&a, &b, &c});
  RawClient client(server.port());

  EXPECT_THAT(client.Call(kEcho, "").status,
              StatusIs(absl::StatusCode::kAborted, "STOP"));
  EXPECT_EQ(steps, "abBA");
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
              HasSubstr("crm.test.v1.EchoService.Watch is not bound"));
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
              HasSubstr("Watch is bound to a handler of the wrong kind"));
  EXPECT_THAT(std::string(server.status().message()),
              HasSubstr("Echo is bound twice"));
}

}  // namespace
}  // namespace crm

// Starting, health, reflection and stopping of a real server.

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/message.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "shared/base/errors.h"
#include "shared/rpc/server.h"
#include "tests/shared/rpc/echo_service.h"
#include "tests/shared/rpc/raw_client.h"
#include "tests/shared/rpc/test_server.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::Bind;
using ::crm::testing::IsOk;
using ::crm::testing::kEcho;
using ::crm::testing::kEchoService;
using ::crm::testing::kStore;
using ::crm::testing::kWatch;
using ::crm::testing::LogFile;
using ::crm::testing::Pack;
using ::crm::testing::RawAnswer;
using ::crm::testing::RawClient;
using ::crm::testing::StatusIs;
using ::crm::testing::TestServer;
using ::crm::testing::Unpack;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kHealthCheck[] = "/grpc.health.v1.Health/Check";
constexpr char kReflection[] =
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";
// Serialised grpc.health.v1.HealthCheckResponse.
constexpr char kServing[] = "\x08\x01";
constexpr char kNotServing[] = "\x08\x02";

// HealthCheckRequest has one string field, like StringValue.
RawAnswer Health(RawClient& client, absl::string_view name) {
  return client.Call(kHealthCheck, Pack(name));
}

// Returns the text of the answer to a reflection request in text format.
std::string Reflect(RawClient& client, const std::string& request_text) {
  const auto* pool = google::protobuf::DescriptorPool::generated_pool();
  auto* factory = google::protobuf::MessageFactory::generated_factory();
  const auto make = [&](const char* name) {
    return std::unique_ptr<google::protobuf::Message>(
        factory->GetPrototype(pool->FindMessageTypeByName(name))->New());
  };
  auto request = make("grpc.reflection.v1alpha.ServerReflectionRequest");
  auto response = make("grpc.reflection.v1alpha.ServerReflectionResponse");
  google::protobuf::TextFormat::ParseFromString(request_text, request.get());
  auto stream = client.Open(kReflection, request->SerializeAsString());
  const auto bytes = stream->Read();
  if (!bytes.has_value()) return stream->Finish().ToString();
  response->ParseFromString(*bytes);
  return response->DebugString();
}

TEST(RpcServerHealth, IsNotServingUntilReady) {
  TestServer server;
  RawClient client(server.port());

  for (const char* name : {"", "readiness", kEchoService}) {
    EXPECT_EQ(Health(client, name).bytes, kNotServing) << name;
  }
  EXPECT_EQ(Health(client, "liveness").bytes, kServing);
}

TEST(RpcServerHealth, FlipsWithReadiness) {
  TestServer server;
  RawClient client(server.port());

  server->SetReady(true);
  for (const char* name : {"", "readiness", kEchoService}) {
    EXPECT_EQ(Health(client, name).bytes, kServing) << name;
  }
  server->SetReady(false);

  EXPECT_EQ(Health(client, "readiness").bytes, kNotServing);
}

TEST(RpcServerHealth, DoesNotKnowOtherNames) {
  TestServer server;
  RawClient client(server.port());

  EXPECT_EQ(Health(client, "other").status.code(), absl::StatusCode::kNotFound);
}

TEST(RpcServerReflection, ListsTheServices) {
  TestServer server;
  RawClient client(server.port());

  const std::string answer = Reflect(client, "list_services: '*'");

  EXPECT_THAT(answer, HasSubstr("\"crm.test.v1.EchoService\""));
  EXPECT_THAT(answer, HasSubstr("\"grpc.health.v1.Health\""));
}

TEST(RpcServerReflection, DescribesMessages) {
  TestServer server;
  RawClient client(server.port());

  EXPECT_THAT(Reflect(client, "file_containing_symbol: 'crm.internal.v1.Feed'"),
              HasSubstr("crm/internal/v1/feed.proto"));
}

TEST(RpcServerReflection, IsSwitchedOffForOneServer) {
  RpcServer::Options options;
  options.reflection = false;
  TestServer without({}, {}, options);
  TestServer with;
  RawClient client_without(without.port());
  RawClient client_with(with.port());

  EXPECT_THAT(Reflect(client_without, "list_services: '*'"),
              HasSubstr("UNIMPLEMENTED"));
  EXPECT_THAT(Reflect(client_with, "list_services: '*'"),
              HasSubstr("EchoService"));
}

TEST(RpcServerStart, RefusesAPortThatIsTaken) {
  TestServer first;
  SystemClock clock;
  LogFile log;

  const auto second =
      RpcServer::Start({.listen = absl::StrCat("127.0.0.1:", first.port())},
                       Bind({}), {}, clock, log.logger());

  EXPECT_THAT(second,
              StatusIs(absl::StatusCode::kUnavailable, "LISTEN_FAILED"));
}

TEST(RpcServerStart, RefusesAnAddressThatIsNone) {
  SystemClock clock;
  LogFile log;

  EXPECT_THAT(RpcServer::Start({.listen = "127.0.0.1"}, Bind({}), {}, clock,
                               log.logger()),
              StatusIs(absl::StatusCode::kInvalidArgument, "ADDRESS_INVALID"));
}

TEST(RpcServerStop, LetsRunningCallsFinish) {
  std::promise<Done> received;
  TestServer server({.echo = [&](std::shared_ptr<Call>, Done done) {
    received.set_value(std::move(done));
  }});
  RawClient client(server.port());
  RawAnswer answer;
  std::thread caller([&] { answer = client.Call(kEcho, Pack("hello")); });
  Done done = received.get_future().get();

  std::thread stopper([&] { server->Shutdown(absl::Seconds(20)); });
  done(Answer{.bytes = Pack("done"), .metadata = {}});
  stopper.join();
  caller.join();

  EXPECT_THAT(answer.status, IsOk());
  EXPECT_EQ(Unpack(answer.bytes), "done");
}

TEST(RpcServerStop, F20_CancelsWhatDoesNotFinishInTime) {
  std::promise<void> running;
  TestServer server({.echo = [&](std::shared_ptr<Call> call, Done done) {
    running.set_value();
    while (!call->cancelled) std::this_thread::yield();
    done(Answer{});
  }});
  RawClient client(server.port());
  RawAnswer answer;
  std::thread caller([&] { answer = client.Call(kEcho, ""); });
  running.get_future().wait();

  server->Shutdown(absl::ZeroDuration());
  caller.join();

  EXPECT_THAT(answer.status, Not(IsOk()));
}

TEST(RpcServerStop, RefusesCallsAfterwards) {
  TestServer server;
  RawClient client(server.port());
  EXPECT_THAT(client.Call(kEcho, "").status, IsOk());

  server->Shutdown(absl::Seconds(20));

  EXPECT_EQ(client.Call(kEcho, "").status.code(),
            absl::StatusCode::kUnavailable);
}

TEST(RpcServerStop, RefusesNewCallsWhileOthersFinish) {
  std::promise<Done> received;
  TestServer server({.echo = [&](std::shared_ptr<Call>, Done done) {
    received.set_value(std::move(done));
  }});
  RawClient client(server.port());
  RawAnswer answer;
  std::thread caller([&] { answer = client.Call(kEcho, ""); });
  Done done = received.get_future().get();
  std::thread stopper([&] { server->Shutdown(absl::Seconds(20)); });

  absl::Status refusal;
  while (refusal.ok()) refusal = client.Call(kStore, "").status;
  done(Answer{});
  stopper.join();
  caller.join();

  EXPECT_THAT(refusal, StatusIs(absl::StatusCode::kUnavailable, "DRAINING"));
  EXPECT_THAT(answer.status, IsOk());
}

TEST(RpcServerStop, CutsOffNoCallThatCrossesIt) {
  for (int round = 0; round < 5; ++round) {
    TestServer server;
    std::atomic<bool> over{false};
    std::atomic<int> answered{0};
    std::vector<std::thread> callers;
    for (int i = 0; i < 4; ++i) {
      callers.emplace_back([&] {
        RawClient client(server.port());
        while (!over) {
          const absl::Status status = client.Call(kEcho, "").status;
          if (status.ok()) ++answered;
          EXPECT_TRUE(status.ok() || absl::IsUnavailable(status)) << status;
        }
      });
    }
    while (answered < 20) std::this_thread::yield();

    server->Shutdown(absl::Seconds(20));
    over = true;
    for (std::thread& caller : callers) caller.join();
  }
}

TEST(RpcServerStop, F20_EndsInTimeWithAStreamThatNobodyReads) {
  std::promise<void> full;
  TestServer server({.watch = [&](std::shared_ptr<Call>,
                                  std::shared_ptr<ServerStream> stream) {
    while (stream->Write(std::string(64 << 10, 'x'))) {
    }
    full.set_value();
  }});
  RawClient client(server.port());
  auto stream = client.Open(kWatch, Pack("all"));
  full.get_future().wait();

  // The watchdog would end the test program.
  server->Shutdown(absl::Milliseconds(50));

  EXPECT_FALSE(stream->Finish().ok());
}

TEST(RpcServerStop, WaitsNoLongerWhenItIsHurried) {
  std::promise<void> running;
  TestServer server({.echo = [&](std::shared_ptr<Call> call, Done done) {
    running.set_value();
    while (!call->cancelled) std::this_thread::yield();
    done(Answer{});
  }});
  RawClient client(server.port());
  std::thread caller([&] { client.Call(kEcho, ""); });
  running.get_future().wait();

  std::thread stopper([&] { server->Shutdown(absl::Minutes(10)); });
  server->Hurry();
  stopper.join();
  caller.join();
}

TEST(RpcServerStop, ServesWhileItIsAboutToStop) {
  TestServer server;
  RawClient client(server.port());
  server->SetReady(true);

  server->BeginDrain();
  server->SetReady(true);

  for (const char* name : {"", "readiness", "liveness", kEchoService}) {
    EXPECT_EQ(Health(client, name).bytes, kNotServing) << name;
  }
  EXPECT_THAT(client.Call(kEcho, "").status, IsOk());
}

TEST(RpcServerHealth, FlipsServicesAloneAndLiveness) {
  TestServer server;
  RawClient client(server.port());
  server->SetReady(true);

  server->SetServing(false);
  server->SetLive(false);

  EXPECT_EQ(Health(client, kEchoService).bytes, kNotServing);
  EXPECT_EQ(Health(client, "liveness").bytes, kNotServing);
  EXPECT_EQ(Health(client, "readiness").bytes, kServing);
  EXPECT_EQ(Health(client, "").bytes, kServing);
  server->SetServing(true);
  EXPECT_EQ(Health(client, kEchoService).bytes, kServing);
}

TEST(RpcServerHealth, AStuckPoolShowsAsAStall) {
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  RpcServer::Options options;
  options.pool_threads = 1;
  TestServer server({.echo =
                         [&](std::shared_ptr<Call>, Done done) {
                           released.wait();
                           done(Answer{});
                         }},
                    {}, options);
  RawClient client(server.port());
  std::vector<std::thread> callers;
  for (int i = 0; i < 2; ++i) {
    callers.emplace_back([&] { client.Call(kEcho, ""); });
  }

  const absl::Duration before = server->Stall();
  while (server->Stall() < absl::Milliseconds(20)) std::this_thread::yield();
  release.set_value();
  for (std::thread& caller : callers) caller.join();

  EXPECT_LT(before, absl::Seconds(5));
}

TEST(RpcServerStop, F20_ExitsWhenACallNeverFinishes) {
  std::promise<Done> received;
  std::promise<int> exited;
  RpcServer::Options options;
  options.watchdog_margin = absl::Milliseconds(50);
  options.exit = [&](int code) { exited.set_value(code); };
  TestServer server(
      {.echo = [&](std::shared_ptr<Call>,
                   Done done) { received.set_value(std::move(done)); }},
      {}, options);
  RawClient client(server.port());
  std::thread caller([&] { client.Call(kEcho, ""); });
  Done done = received.get_future().get();

  std::thread stopper([&] { server->Shutdown(absl::ZeroDuration()); });
  const int code = exited.get_future().get();
  done(Answer{});
  stopper.join();
  caller.join();

  EXPECT_EQ(code, 70);
}

TEST(RpcServerAccept, ServesUpToItsLimitOfConnections) {
  RpcServer::Options options;
  options.max_connections = 1;
  TestServer server({}, {}, options);
  auto first = std::make_unique<RawClient>(server.port());
  ASSERT_THAT(first->Call(kEcho, "").status, IsOk());
  RawClient second(server.port());

  EXPECT_EQ(second.Call(kEcho, "").status.code(),
            absl::StatusCode::kUnavailable);
  first.reset();
  absl::Status status;
  do {
    status = second.Call(kEcho, "").status;
  } while (status.code() == absl::StatusCode::kUnavailable);

  EXPECT_THAT(status, IsOk());
}

}  // namespace
}  // namespace crm

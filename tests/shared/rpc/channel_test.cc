#include "shared/rpc/channel.h"

#include <atomic>
#include <future>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/wrappers.pb.h"
#include "gtest/gtest.h"
#include "shared/base/errors.h"
#include "tests/shared/rpc/echo_service.h"
#include "tests/shared/rpc/raw_client.h"
#include "tests/shared/rpc/test_server.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::EchoServiceDescriptor;
using ::crm::testing::EqualsProto;
using ::crm::testing::IsOk;
using ::crm::testing::kEcho;

using ::crm::testing::StatusIs;
using ::crm::testing::TestServer;
using ::crm::testing::ValuesOf;
using ::google::protobuf::StringValue;
using ::testing::ElementsAre;
using ::testing::Pair;

std::string AddressOf(const TestServer& server) {
  return absl::StrCat("127.0.0.1:", server.port());
}

StringValue Text(const char* text) {
  StringValue value;
  value.set_value(text);
  return value;
}

CallOptions Soon() {
  CallOptions options;
  options.deadline = absl::Now() + absl::Seconds(20);
  return options;
}

// Fails `failures` times, then answers.
UnaryHandler FailAtFirst(int failures, absl::Status status,
                         std::atomic<int>& calls) {
  return [=, &calls](std::shared_ptr<Call> call, Done done) {
    if (calls++ < failures) {
      done(status);
    } else {
      done(Answer{.bytes = call->request_bytes, .metadata = {}});
    }
  };
}

TEST(RpcChannel, CallsAMethod) {
  TestServer server;
  server->SetReady(true);
  RpcChannel channel(AddressOf(server), {});
  StringValue response;

  EXPECT_THAT(channel.Call(kEcho, Text("hello"), &response, Soon()), IsOk());
  EXPECT_THAT(response, EqualsProto("value: 'hello'"));
}

TEST(RpcChannel, RestoresErrorsWithTheirDetails) {
  TestServer server({.echo = [](std::shared_ptr<Call>, Done done) {
    done(BadField("name", "Is empty."));
  }});
  server->SetReady(true);
  RpcChannel channel(AddressOf(server), {});
  StringValue response;

  const absl::Status status = channel.Call(kEcho, Text(""), &response, Soon());

  EXPECT_THAT(status,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(FieldViolations(status),
              ElementsAre(FieldViolation{"name", "Is empty."}));
}

TEST(RpcChannel, SendsMetadata) {
  std::promise<Metadata> received;
  TestServer server({.echo = [&](std::shared_ptr<Call> call, Done done) {
    received.set_value(call->metadata);
    done(Answer{});
  }});
  server->SetReady(true);
  RpcChannel channel(AddressOf(server), {});
  CallOptions options = Soon();
  options.metadata = {{"crm-token", "t1"}};
  StringValue response;

  EXPECT_THAT(channel.Call(kEcho, Text(""), &response, options), IsOk());
  EXPECT_THAT(ValuesOf(received.get_future().get(), "crm-token"),
              ElementsAre("t1"));
}

TEST(RpcChannel, RefusesMetadataThatCannotBeSent) {
  RpcChannel channel("127.0.0.1:1", {});
  CallOptions options = Soon();
  options.metadata = {{"crm-token", "a\nb"}};
  StringValue response;

  EXPECT_THAT(
      channel.Call(kEcho, Text(""), &response, options),
      StatusIs(absl::StatusCode::kInvalidArgument, "METADATA_NOT_SENDABLE"));
}

TEST(RpcChannel, StopsWaitingAtTheDeadline) {
  std::promise<Done> received;
  TestServer server({.echo = [&](std::shared_ptr<Call>, Done done) {
    received.set_value(std::move(done));
  }});
  server->SetReady(true);
  RpcChannel channel(AddressOf(server), {});
  CallOptions options;
  options.deadline = absl::Now() + absl::Milliseconds(200);
  StringValue response;

  EXPECT_EQ(channel.Call(kEcho, Text(""), &response, options).code(),
            absl::StatusCode::kDeadlineExceeded);
  received.get_future().get()(Answer{});
}

TEST(RpcChannel, RetriesAnUnavailableServiceOnce) {
  std::atomic<int> calls{0};
  TestServer server(
      {.echo = FailAtFirst(1, Unavailable("DRAINING", "Going."), calls)});
  server->SetReady(true);
  RpcChannel channel(AddressOf(server),
                     {.services = {EchoServiceDescriptor()}});
  StringValue response;

  EXPECT_THAT(channel.Call(kEcho, Text("x"), &response, Soon()), IsOk());
  EXPECT_EQ(calls, 2);
}

TEST(RpcChannel, DoesNotRetryWhatTheServerForbids) {
  std::atomic<int> calls{0};
  TestServer server(
      {.echo = FailAtFirst(1, Unavailable("DEPENDENCY", "Away."), calls)});
  server->SetReady(true);
  RpcChannel channel(AddressOf(server),
                     {.services = {EchoServiceDescriptor()}});
  StringValue response;

  EXPECT_THAT(channel.Call(kEcho, Text("x"), &response, Soon()),
              StatusIs(absl::StatusCode::kUnavailable, "DEPENDENCY"));
  EXPECT_EQ(calls, 1);
}

TEST(RpcChannel, DoesNotRetryOtherErrors) {
  std::atomic<int> calls{0};
  TestServer server(
      {.echo = FailAtFirst(1, Aborted("ETAG_STALE", "Stale."), calls)});
  server->SetReady(true);
  RpcChannel channel(AddressOf(server),
                     {.services = {EchoServiceDescriptor()}});
  StringValue response;

  EXPECT_THAT(channel.Call(kEcho, Text("x"), &response, Soon()),
              StatusIs(absl::StatusCode::kAborted, "ETAG_STALE"));
  EXPECT_EQ(calls, 1);
}

TEST(RpcChannel, AvoidsAServiceThatIsNotReady) {
  std::atomic<int> calls{0};
  TestServer server({.echo = FailAtFirst(0, absl::OkStatus(), calls)});
  RpcChannel channel(AddressOf(server), {});
  StringValue response;

  EXPECT_EQ(channel.Call(kEcho, Text(""), &response, Soon()).code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(calls, 0);
}

TEST(RpcChannel, WaitsForAServiceWhenToldTo) {
  TestServer server;
  RpcChannel channel(AddressOf(server), {.own_connections = true});
  CallOptions options = Soon();
  options.wait_for_ready = true;
  StringValue response;

  auto status = std::async(std::launch::async, [&] {
    return channel.Call(kEcho, Text("x"), &response, options);
  });
  server->SetReady(true);

  EXPECT_THAT(status.get(), IsOk());
}

TEST(RpcChannel, SaysThatAServiceIsAway) {
  RpcChannel channel("127.0.0.1:1", {});
  StringValue response;

  EXPECT_EQ(channel.Call(kEcho, Text(""), &response, Soon()).code(),
            absl::StatusCode::kUnavailable);
}

TEST(RpcChannel, RefusesAnAnswerThatDoesNotParse) {
  TestServer server({.echo = [](std::shared_ptr<Call>, Done done) {
    done(Answer{.bytes = "\xff", .metadata = {}});
  }});
  server->SetReady(true);
  RpcChannel channel(AddressOf(server), {});
  StringValue response;

  EXPECT_THAT(channel.Call(kEcho, Text(""), &response, Soon()),
              StatusIs(absl::StatusCode::kInternal, "RESPONSE_MALFORMED"));
}

TEST(OnBehalfOf, PassesOnWhoAsksAndLeavesTimeToAnswer) {
  const absl::Time now = absl::FromUnixSeconds(1'700'000'000);
  CallContext context;
  context.deadline = now + absl::Seconds(10);
  context.bearer_token = "abc";
  context.consistency_tokens = {"t1", "t2"};
  context.criticality = Criticality::kSheddable;
  context.trace_id = "0af7651916cd43dd8448eb211c80319c";
  context.span_id = "b7ad6b7169203331";

  const CallOptions options = OnBehalfOf(context, now);

  EXPECT_EQ(options.deadline, now + absl::Milliseconds(9500));
  EXPECT_THAT(
      options.metadata,
      ElementsAre(
          Pair("authorization", "Bearer abc"), Pair("crm-token", "t1"),
          Pair("crm-token", "t2"), Pair("crm-criticality", "SHEDDABLE"),
          Pair("traceparent",
               "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")));
}

TEST(OnBehalfOf, ReservesTenMillisecondsAtLeast) {
  const absl::Time now = absl::FromUnixSeconds(1'700'000'000);
  CallContext context;
  context.deadline = now + absl::Milliseconds(100);

  EXPECT_EQ(OnBehalfOf(context, now).deadline, now + absl::Milliseconds(90));
}

TEST(OnBehalfOf, KeepsAnEndlessDeadline) {
  EXPECT_EQ(OnBehalfOf(CallContext(), absl::Now()).deadline,
            absl::InfiniteFuture());
}

}  // namespace
}  // namespace crm

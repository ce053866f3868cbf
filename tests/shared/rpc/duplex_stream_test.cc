// Streams whose caller sends messages, too, through a real server.

#include "shared/call/duplex_stream.h"

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/errors.h"
#include "tests/shared/rpc/echo_service.h"
#include "tests/shared/rpc/raw_client.h"
#include "tests/shared/rpc/test_server.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::kTalk;
using ::crm::testing::Pack;
using ::crm::testing::RawClient;
using ::crm::testing::StatusIs;
using ::crm::testing::TestServer;

using Stream = std::shared_ptr<DuplexStream>;
using Message = std::optional<std::string>;

// Waits for the next message of `stream`.
Message Next(const Stream& stream) {
  auto read = std::make_shared<std::promise<Message>>();
  stream->Read(
      [read](Message message) { read->set_value(std::move(message)); });
  return read->get_future().get();
}

// A handler that gives its stream to the test.
struct Caught {
  std::promise<Stream> promise;

  DuplexHandler handler() {
    return [this](std::shared_ptr<Call>, Stream stream) {
      promise.set_value(std::move(stream));
    };
  }
  Stream stream() { return promise.get_future().get(); }
};

// Answers each message with itself.
void TalkBack(const Stream& stream) {
  stream->Read([stream](Message message) {
    if (!message.has_value()) {
      stream->Finish(absl::OkStatus());
      return;
    }
    stream->Write(*std::move(message));
    TalkBack(stream);
  });
}

TEST(DuplexStream, AnswersMessageByMessage) {
  TestServer server({.talk = [](std::shared_ptr<Call> call, Stream stream) {
    stream->Write(call->request_bytes);
    TalkBack(stream);
  }});
  RawClient client(server.port());

  auto stream = client.OpenDuplex(kTalk, Pack("first"));

  EXPECT_EQ(stream->Read(), Pack("first"));
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(stream->Send(std::to_string(i)));
    EXPECT_EQ(stream->Read(), std::to_string(i));
  }
  stream->EndSending();
  EXPECT_EQ(stream->Read(), std::nullopt);
  EXPECT_THAT(stream->Finish(), IsOk());
}

TEST(DuplexStream, ServesACallerThatSendsOneMessageAlone) {
  TestServer server({.talk = [](std::shared_ptr<Call> call, Stream stream) {
    stream->Write(call->request_bytes);
    TalkBack(stream);
  }});
  RawClient client(server.port());

  const auto answer = client.Call(kTalk, Pack("only"));

  EXPECT_THAT(answer.status, IsOk());
  EXPECT_EQ(answer.bytes, Pack("only"));
}

TEST(DuplexStream, HoldsBackACallerWhoseMessagesAreNotRead) {
  Caught caught;
  TestServer server({.talk = caught.handler()});
  RawClient client(server.port());
  // It ends at its deadline, as nothing else would end it.
  auto stream =
      client.OpenDuplex(kTalk, Pack("first"), {.timeout = absl::Seconds(1)});
  Stream served = caught.stream();
  const std::string large(64 << 10, 'x');

  // gRPC and the sockets take some of it.
  int sent = 0;
  while (sent < 1000 && stream->Send(large)) ++sent;

  EXPECT_LT(sent, 1000);
  EXPECT_EQ(stream->Finish().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST(DuplexStream, EndsWhileItWaitsForAMessage) {
  Caught caught;
  TestServer server({.talk = caught.handler()});
  RawClient client(server.port());
  auto stream = client.OpenDuplex(kTalk, Pack("first"));
  Stream served = caught.stream();
  std::promise<Message> read;
  served->Read([&](Message message) { read.set_value(std::move(message)); });

  served->Finish(InvalidArgument("NO_MORE", "No more."));

  EXPECT_THAT(stream->Finish(),
              StatusIs(absl::StatusCode::kInvalidArgument, "NO_MORE"));
  EXPECT_EQ(read.get_future().get(), std::nullopt);
  EXPECT_EQ(Next(served), std::nullopt);
  EXPECT_FALSE(served->Write("late"));
}

TEST(DuplexStream, TellsTheReaderThatTheCallerHasGone) {
  Caught caught;
  TestServer server({.talk = caught.handler()});
  RawClient client(server.port());
  auto stream = client.OpenDuplex(kTalk, Pack("first"));
  Stream served = caught.stream();
  std::promise<Message> read;
  served->Read([&](Message message) { read.set_value(std::move(message)); });

  stream->Cancel();

  EXPECT_EQ(read.get_future().get(), std::nullopt);
  EXPECT_EQ(stream->Finish().code(), absl::StatusCode::kCancelled);
}

TEST(DuplexStream, IsDrainedWithTheServer) {
  Caught caught;
  TestServer server({.talk = caught.handler()});
  RawClient client(server.port());
  auto stream = client.OpenDuplex(kTalk, Pack("first"));
  Stream served = caught.stream();
  std::promise<Message> read;
  served->Read([&](Message message) { read.set_value(std::move(message)); });

  server->Shutdown(absl::Seconds(10));

  EXPECT_EQ(read.get_future().get(), std::nullopt);
  EXPECT_THAT(stream->Finish(),
              StatusIs(absl::StatusCode::kUnavailable, "DRAINING"));
}

TEST(DuplexStream, RefusesACallerThatSendsNothing) {
  TestServer server({.talk = [](std::shared_ptr<Call>, Stream stream) {
    stream->Finish(absl::OkStatus());
  }});
  RawClient client(server.port());

  auto stream = client.Open(kTalk, std::nullopt);

  EXPECT_FALSE(stream->Finish().ok());
}

}  // namespace
}  // namespace crm

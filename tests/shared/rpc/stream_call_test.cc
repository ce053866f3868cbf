// Server streams through a real server.

#include "shared/rpc/stream_call.h"

#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

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
using ::crm::testing::kWatch;
using ::crm::testing::Pack;
using ::crm::testing::RawClient;
using ::crm::testing::StatusIs;
using ::crm::testing::TestServer;

using Stream = std::shared_ptr<ServerStream>;

// A handler that gives its stream to the test.
struct Caught {
  std::promise<Stream> promise;

  StreamHandler handler() {
    return [this](std::shared_ptr<Call>, Stream stream) {
      promise.set_value(std::move(stream));
    };
  }
  Stream stream() { return promise.get_future().get(); }
};

constexpr size_t kFilledBytes = 64 << 10;

// Writes messages of 64 KiB until one is refused; returns how many were taken.
int FillUp(ServerStream& stream) {
  int written = 0;
  while (stream.Write(std::string(kFilledBytes, 'x'))) ++written;
  return written;
}

TEST(StreamCall, SendsMessagesInOrderAndThenTheStatus) {
  TestServer server({.watch = [](std::shared_ptr<Call>, Stream stream) {
    EXPECT_TRUE(stream->Write("one"));
    EXPECT_TRUE(stream->Write("two"));
    stream->Finish(OutOfRange("CURSOR_TOO_OLD", "Too old."));
    EXPECT_FALSE(stream->Write("three"));
    stream->Finish(absl::OkStatus());
  }});
  RawClient client(server.port());

  auto stream = client.Open(kWatch, Pack("all"));

  EXPECT_EQ(stream->Read(), "one");
  EXPECT_EQ(stream->Read(), "two");
  EXPECT_EQ(stream->Read(), std::nullopt);
  EXPECT_THAT(stream->Finish(),
              StatusIs(absl::StatusCode::kOutOfRange, "CURSOR_TOO_OLD"));
}

TEST(StreamCall, OpensBeforeItsFirstMessage) {
  Caught caught;
  TestServer server({.watch = caught.handler()});
  RawClient client(server.port());

  auto stream = client.Open(kWatch, Pack("all"));
  stream->AwaitOpen();

  caught.stream()->Finish(absl::OkStatus());
  EXPECT_THAT(stream->Finish(), IsOk());
}

TEST(StreamCall, SendsFromAnyThreadLater) {
  Caught caught;
  TestServer server({.watch = caught.handler()});
  RawClient client(server.port());
  auto stream = client.Open(kWatch, Pack("all"));
  Stream source = caught.stream();

  std::thread writer([&] { source->Write("late"); });

  EXPECT_EQ(stream->Read(), "late");
  writer.join();
  source->Finish(absl::OkStatus());
  EXPECT_THAT(stream->Finish(), IsOk());
}

TEST(StreamCall, F42_BoundsWhatASlowReaderLeavesAndSaysWhenThereIsRoom) {
  Caught caught;
  TestServer server({.watch = caught.handler()});
  RawClient client(server.port());
  auto stream = client.Open(kWatch, Pack("all"));
  Stream source = caught.stream();
  std::promise<void> ready;
  source->SetOnReady([&] { ready.set_value(); });

  // gRPC and the kernel take some; what waits with us is 1 MiB.
  int written = 0;
  while (written < 1000) {
    const int more = FillUp(*source);
    written += more;
    if (more == 0) break;
  }
  EXPECT_LT(written, 1000);
  EXPECT_FALSE(source->Write("refused"));
  for (int i = 0; i < written; ++i) stream->Read();
  ready.get_future().get();
  EXPECT_TRUE(source->Write("room"));

  EXPECT_EQ(stream->Read(), "room");
  source->SetOnReady([] {});
  source->Finish(absl::OkStatus());
  EXPECT_THAT(stream->Finish(), IsOk());
}

TEST(StreamCall, F42_CutsAReaderThatDoesNotReadAndNoOther) {
  std::mutex mutex;
  std::vector<Stream> streams;
  std::promise<void> both;
  RpcServer::Options options;
  options.max_stream_stall = absl::Milliseconds(50);
  TestServer server({.watch =
                         [&](std::shared_ptr<Call>, Stream stream) {
                           std::lock_guard lock(mutex);
                           streams.push_back(std::move(stream));
                           if (streams.size() == 2) both.set_value();
                         }},
                    {}, options);
  RawClient slow_client(server.port());
  RawClient client(server.port());
  auto slow = slow_client.Open(kWatch, Pack("slow"));
  slow->AwaitOpen();
  auto other = client.Open(kWatch, Pack("other"));
  other->AwaitOpen();
  both.get_future().get();

  // gRPC and the kernel take some, too.
  while (!streams[0]->cancelled()) {
    FillUp(*streams[0]);
    std::this_thread::yield();
  }

  EXPECT_FALSE(streams[0]->Write("more"));
  EXPECT_TRUE(streams[1]->Write("other"));
  EXPECT_EQ(other->Read(), "other");
  EXPECT_FALSE(slow->Finish().ok());
  streams[1]->Finish(absl::OkStatus());
  EXPECT_THAT(other->Finish(), IsOk());
}

TEST(StreamCall, F42_AHundredReadersThatDoNotReadAreCutAndNoOther) {
  constexpr size_t kReaders = 100;
  // What waits with us, and what gRPC takes of a stream and the kernel of the
  // connection.
  constexpr size_t kMostBytes =
      kReaders * ((1 << 20) + (256 << 10)) + (32 << 20);
  std::mutex mutex;
  std::vector<Stream> streams;
  std::promise<void> all;
  RpcServer::Options options;
  options.max_stream_stall = absl::Milliseconds(50);
  TestServer server({.watch =
                         [&](std::shared_ptr<Call>, Stream stream) {
                           std::lock_guard lock(mutex);
                           streams.push_back(std::move(stream));
                           if (streams.size() == kReaders + 1) all.set_value();
                         }},
                    {}, options);
  RawClient client(server.port());
  auto other = client.Open(kWatch, Pack("other"));
  other->AwaitOpen();
  RawClient slow_client(server.port());
  std::vector<decltype(slow_client.Open(kWatch, Pack("slow")))> slow;
  for (size_t i = 0; i < kReaders; ++i) {
    slow.push_back(slow_client.Open(kWatch, Pack("slow")));
  }
  all.get_future().get();

  size_t taken = 0;
  for (size_t left = kReaders; left > 0;) {
    left = 0;
    for (size_t i = 1; i <= kReaders; ++i) {
      if (streams[i]->cancelled()) continue;
      ++left;
      taken += static_cast<size_t>(FillUp(*streams[i])) * kFilledBytes;
    }
    ASSERT_TRUE(streams[0]->Write("other"));
    ASSERT_EQ(other->Read(), "other");
  }

  EXPECT_LE(taken, kMostBytes);
  for (auto& reader : slow) EXPECT_FALSE(reader->Finish().ok());
  streams[0]->Finish(absl::OkStatus());
  EXPECT_THAT(other->Finish(), IsOk());
}

TEST(StreamCall, SendsOneMessageLargerThanTheBuffer) {
  const std::string large(3 << 20, 'x');
  TestServer server({.watch = [&](std::shared_ptr<Call>, Stream stream) {
    EXPECT_TRUE(stream->Write(large));
    EXPECT_FALSE(stream->Write("behind it"));
    stream->Finish(absl::OkStatus());
  }});
  RawClient client(server.port());

  auto stream = client.Open(kWatch, Pack("all"));

  EXPECT_EQ(stream->Read(), large);
  EXPECT_THAT(stream->Finish(), IsOk());
}

TEST(StreamCall, FinishesAfterWhatIsQueued) {
  int written = 0;
  TestServer server({.watch = [&](std::shared_ptr<Call>, Stream stream) {
    written = FillUp(*stream);
    stream->Finish(absl::OkStatus());
  }});
  RawClient client(server.port());

  auto stream = client.Open(kWatch, Pack("all"));
  int read = 0;
  while (stream->Read().has_value()) ++read;

  EXPECT_THAT(stream->Finish(), IsOk());
  EXPECT_EQ(read, written);
}

TEST(StreamCall, TellsThatTheCallerHasGone) {
  Caught caught;
  TestServer server({.watch = caught.handler()});
  RawClient client(server.port());
  auto stream = client.Open(kWatch, Pack("all"));
  Stream source = caught.stream();
  std::promise<void> woken;
  source->SetOnReady([&] { woken.set_value(); });
  EXPECT_FALSE(source->cancelled());

  stream->Cancel();
  woken.get_future().get();

  EXPECT_TRUE(source->cancelled());
  EXPECT_FALSE(source->Write("to nobody"));
}

TEST(StreamCall, TellsALateListenerThatTheCallerHasGone) {
  Caught caught;
  TestServer server({.watch = caught.handler()});
  RawClient client(server.port());
  auto stream = client.Open(kWatch, Pack("all"));
  Stream source = caught.stream();
  stream->Cancel();
  while (!source->cancelled()) std::this_thread::yield();
  bool woken = false;

  source->SetOnReady([&] { woken = true; });

  EXPECT_TRUE(woken);
}

TEST(StreamCall, EndsAtTheServersLongestDeadline) {
  Caught caught;
  RpcServer::Options options;
  options.max_stream_deadline = absl::Milliseconds(50);
  TestServer server({.watch = caught.handler()}, {}, options);
  RawClient client(server.port());

  auto stream = client.Open(kWatch, Pack("all"), {.timeout = absl::Hours(1)});
  Stream source = caught.stream();

  EXPECT_THAT(stream->Finish(), StatusIs(absl::StatusCode::kDeadlineExceeded,
                                         "DEADLINE_EXCEEDED"));
  EXPECT_TRUE(source->cancelled());
}

TEST(StreamCall, OutlivesItsConnectionInTheHandsOfAHandler) {
  Caught caught;
  Stream source;
  {
    TestServer server({.watch = caught.handler()});
    RawClient client(server.port());
    auto stream = client.Open(kWatch, Pack("all"));
    source = caught.stream();
    stream->Cancel();
  }

  EXPECT_TRUE(source->cancelled());
  EXPECT_FALSE(source->Write("to nobody"));
  source->Finish(absl::OkStatus());
}

TEST(StreamCall, SurvivesAnExceptionInAHandler) {
  TestServer server({.watch = [](std::shared_ptr<Call>, Stream) {
    throw std::runtime_error("bad luck");
  }});
  RawClient client(server.port());

  EXPECT_THAT(client.Open(kWatch, Pack("all"))->Finish(),
              StatusIs(absl::StatusCode::kInternal, "INTERNAL"));
}

TEST(StreamCall, EndsWhenTheServerStops) {
  Caught caught;
  TestServer server({.watch = caught.handler()});
  RawClient client(server.port());
  auto stream = client.Open(kWatch, Pack("all"));
  Stream source = caught.stream();
  source->Write("last");
  bool woken = false;
  source->SetOnReady([&] { woken = true; });

  server->Shutdown(absl::Seconds(20));

  EXPECT_EQ(stream->Read(), "last");
  EXPECT_THAT(stream->Finish(),
              StatusIs(absl::StatusCode::kUnavailable, "DRAINING"));
  EXPECT_TRUE(woken);
}

}  // namespace
}  // namespace crm

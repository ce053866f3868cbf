// What a server takes at most, at each limit and one beyond it.

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/rpc/server.h"
#include "tests/shared/rpc/echo_service.h"
#include "tests/shared/rpc/raw_client.h"
#include "tests/shared/rpc/test_server.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::kEcho;
using ::crm::testing::kWatch;
using ::crm::testing::Pack;
using ::crm::testing::RawClient;
using ::crm::testing::RawStream;
using ::crm::testing::TestServer;

// Keeps streams open until it is destroyed.
struct Held {
  std::mutex mutex;
  std::vector<std::shared_ptr<ServerStream>> streams;

  StreamHandler handler() {
    return [this](std::shared_ptr<Call>, std::shared_ptr<ServerStream> stream) {
      std::lock_guard lock(mutex);
      streams.push_back(std::move(stream));
    };
  }
};

TEST(RpcServerLimits, AConnectionMayHaveAsManyStreams) {
  Held held;
  TestServer server({.watch = held.handler()});
  RawClient client(server.port());
  std::vector<std::unique_ptr<RawStream>> streams;
  for (int i = 0; i < 99; ++i) {
    streams.push_back(client.Open(kWatch, Pack("x")));
    streams.back()->AwaitOpen();
  }

  // The hundredth is served; the next one has to wait for a place.
  EXPECT_THAT(client.Call(kEcho, "").status, IsOk());
  streams.push_back(client.Open(kWatch, Pack("x")));
  streams.back()->AwaitOpen();
  EXPECT_EQ(client.Call(kEcho, "", {.timeout = absl::Milliseconds(100)})
                .status.code(),
            absl::StatusCode::kDeadlineExceeded);
  streams.pop_back();
  EXPECT_THAT(client.Call(kEcho, "").status, IsOk());
}

TEST(RpcServerLimits, MetadataMayHaveAboutAsManyBytes) {
  TestServer server;
  RawClient client(server.port());

  EXPECT_THAT(
      client.Call(kEcho, "", {.metadata = {{"x", std::string(7 << 10, 'v')}}})
          .status,
      IsOk());
  EXPECT_FALSE(
      client.Call(kEcho, "", {.metadata = {{"x", std::string(8 << 10, 'v')}}})
          .status.ok());
  // The connection may have ended over it; the server has not.
  RawClient other(server.port());
  EXPECT_THAT(other.Call(kEcho, "").status, IsOk());
}

}  // namespace
}  // namespace crm

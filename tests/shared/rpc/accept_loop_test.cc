#include "shared/rpc/accept_loop.h"

#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;

std::unique_ptr<AcceptLoop> Listen(size_t max_connections = 100) {
  auto loop = AcceptLoop::Listen("127.0.0.1:0", max_connections);
  EXPECT_THAT(loop, IsOk());
  return *std::move(loop);
}

// Connects the socket `fd` to a port of this machine.
void Connect(int fd, int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<in_port_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)),
            0);
}

int ConnectNew(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  Connect(fd, port);
  return fd;
}

TEST(AcceptLoop, HandsOnConnections) {
  auto loop = Listen();
  std::promise<int> accepted;
  loop->Run([&](int fd) { accepted.set_value(fd); });

  const int client = ConnectNew(loop->port());
  const int server = accepted.get_future().get();

  ASSERT_EQ(write(client, "x", 1), 1);
  char byte = 0;
  while (read(server, &byte, 1) < 0) std::this_thread::yield();
  EXPECT_EQ(byte, 'x');
  close(client);
  close(server);
}

TEST(AcceptLoop, ClosesConnectionsBeyondTheLimit) {
  auto loop = Listen(/*max_connections=*/1);
  std::promise<int> accepted;
  loop->Run([&](int fd) { accepted.set_value(fd); });
  const int first = ConnectNew(loop->port());
  const int server = accepted.get_future().get();

  const int second = ConnectNew(loop->port());
  char byte = 0;

  EXPECT_EQ(read(second, &byte, 1), 0);
  EXPECT_EQ(loop->refused_count(), 1);
  close(first);
  close(second);
  close(server);
}

TEST(AcceptLoop, TakesAnotherConnectionWhenOneHasEnded) {
  auto loop = Listen(/*max_connections=*/1);
  std::promise<int> accepted[2];
  int count = 0;
  loop->Run([&](int fd) { accepted[count++].set_value(fd); });
  const int first = ConnectNew(loop->port());
  close(accepted[0].get_future().get());

  const int second = ConnectNew(loop->port());
  const int server = accepted[1].get_future().get();

  EXPECT_EQ(loop->refused_count(), 0);
  close(first);
  close(second);
  close(server);
}

TEST(AcceptLoop, AcceptsAgainAfterDescriptorsRanOut) {
  auto loop = Listen();
  std::promise<int> accepted;
  loop->Run([&](int fd) { accepted.set_value(fd); });
  const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{.rlim_cur = 3, .rlim_max = before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);

  Connect(client, loop->port());
  while (loop->exhausted_count() == 0) std::this_thread::yield();
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  const int server = accepted.get_future().get();

  EXPECT_GE(server, 0);
  close(client);
  close(server);
}

TEST(AcceptLoop, DoesNotShareItsPort) {
  auto loop = Listen();

  EXPECT_THAT(AcceptLoop::Listen(absl::StrCat("127.0.0.1:", loop->port()), 100),
              StatusIs(absl::StatusCode::kUnavailable, "LISTEN_FAILED"));
}

TEST(AcceptLoop, GivesItsPortBackWhenItStops) {
  auto loop = Listen();
  const int port = loop->port();
  loop->Run([](int fd) { close(fd); });

  loop->Stop();
  loop->Stop();

  EXPECT_THAT(AcceptLoop::Listen(absl::StrCat("127.0.0.1:", port), 100),
              IsOk());
}

TEST(AcceptLoop, RefusesAddressesThatAreNone) {
  for (const char* address :
       {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:http", "no such host:1"}) {
    EXPECT_THAT(AcceptLoop::Listen(address, 100),
                StatusIs(absl::StatusCode::kInvalidArgument, "ADDRESS_INVALID"))
        << address;
  }
}

TEST(AcceptLoop, ListensOnIpv6) {
  auto loop = AcceptLoop::Listen("[::1]:0", 100);
  if (!loop.ok()) GTEST_SKIP() << "This machine has no IPv6 loopback.";

  EXPECT_GT((*loop)->port(), 0);
}

}  // namespace
}  // namespace crm

#include "gateway/http/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/gateway/http/raw_client.h"
#include "tests/gateway/http/server_fixture.h"
#include "tests/support/matchers.h"

namespace crm::gateway {
namespace {

using ::crm::testing::StatusIs;
using ::testing::HasSubstr;

class HttpServerTest : public ServerTest {};

TEST_F(HttpServerTest, RefusesAnAddressThatIsNone) {
  Serve();
  EXPECT_THAT(thread_.Call([&] { return server_->Listen("localhost"); }),
              StatusIs(absl::StatusCode::kInvalidArgument, "ADDRESS_INVALID"));
}

TEST_F(HttpServerTest, SaysWhenThePortIsTaken) {
  const uint16_t port = Serve();
  HttpServer other(thread_.loop(), {}, TestApp(log_));

  EXPECT_THAT(thread_.Call([&] {
    return other.Listen(absl::StrCat("127.0.0.1:", port));
  }),
              StatusIs(absl::StatusCode::kUnavailable, "LISTEN_FAILED"));
}

TEST_F(HttpServerTest, ServesIpv6) {
  Serve();
  const auto port = thread_.Call([&] { return server_->Listen("[::1]:0"); });
  if (!port.ok()) GTEST_SKIP() << "This machine has no IPv6.";
  EXPECT_NE(*port, 0);
}

TEST_F(HttpServerTest, StopsAtOnceWithoutConnections) {
  Serve();
  bool stopped = false;
  thread_.Call([&] { server_->Stop(absl::Hours(1), [&] { stopped = true; }); });
  EXPECT_TRUE(thread_.Eventually([&] { return stopped; }));
}

TEST_F(HttpServerTest, ClosesSilentConnectionsWhenItStops) {
  RawClient client(Serve());
  bool stopped = false;
  bool closed = false;
  ASSERT_TRUE(thread_.Eventually([&] { return server_->connections() == 1; }));

  thread_.Call([&] { server_->Stop(absl::Hours(1), [&] { stopped = true; }); });

  EXPECT_EQ(client.ReadAll(closed), "");
  EXPECT_TRUE(thread_.Eventually([&] { return stopped; }));
}

TEST_F(HttpServerTest, GoesOnWhenDescriptorsRunOut) {
  const uint16_t port = Serve();
  rlimit before = {};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const int next = dup(0);
  ASSERT_GE(next, 0);
  close(next);
  // Room for the client's descriptor, none for the server's.
  rlimit tight = before;
  tight.rlim_cur = static_cast<rlim_t>(next) + 1;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &tight), 0);
  RawClient client(port);
  ASSERT_TRUE(client.connected());
  client.Send("GET /count HTTP/1.1\r\nHost: a\r\n\r\n");
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(thread_.Call([&] { return server_->connections(); }), 0);
  }

  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);

  EXPECT_THAT(client.ReadTo("\r\n\r\n0"), HasSubstr("200 OK"));
}

}  // namespace
}  // namespace crm::gateway

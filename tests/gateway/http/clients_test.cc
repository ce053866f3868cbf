// The server as independent clients see it: curl, nghttp and h2load.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/gateway/http/server_fixture.h"
#include "tests/gateway/http/shell.h"

namespace crm::gateway {
namespace {

using ::testing::HasSubstr;

class ClientsTest : public ServerTest {
 protected:
  std::string Url(const std::string& path) {
    return absl::StrCat("'http://127.0.0.1:", port_, path, "'");
  }
  void SetUp() override { port_ = Serve(); }

  uint16_t port_ = 0;
};

class CurlTest : public ClientsTest,
                 public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    if (!Installed("curl")) GTEST_SKIP() << "curl is not installed.";
    ClientsTest::SetUp();
  }
  std::string Curl(const std::string& arguments) {
    return Shell(absl::StrCat("curl -s -m 20 ", GetParam(), " ", arguments));
  }
};

TEST_P(CurlTest, EchoesABody) {
  EXPECT_EQ(Curl(absl::StrCat("-d hello ", Url("/echo"))), "hello");
}

TEST_P(CurlTest, StreamsMegabytesDown) {
  EXPECT_EQ(Curl(absl::StrCat(Url("/produce/5000000"), " | wc -c")),
            "5000000\n");
}

TEST_P(CurlTest, StreamsUpWithoutAKnownLength) {
  EXPECT_EQ(Shell(absl::StrCat("head -c 1000000 /dev/zero | curl -s -m 20 ",
                               GetParam(), " -T - -X POST ", Url("/count"))),
            "1000000");
}

TEST_P(CurlTest, AsksForTheHeadAlone) {
  EXPECT_THAT(Curl(absl::StrCat("-I ", Url("/count"))), HasSubstr(" 200"));
}

INSTANTIATE_TEST_SUITE_P(Protocols, CurlTest,
                         ::testing::Values("--http1.1",
                                           "--http2-prior-knowledge"));

// Over HTTP/2, h2load shows this; curl 7.88 sends no second request there.
TEST_F(ClientsTest, CurlReusesAnHttp1Connection) {
  if (!Installed("curl")) GTEST_SKIP() << "curl is not installed.";

  EXPECT_EQ(Shell(absl::StrCat("curl -s -m 20 --http1.1 -w '%{num_connects}' ",
                               Url("/count"), " ", Url("/count"))),
            "0100");
}

TEST_F(ClientsTest, NghttpReadsTrailers) {
  if (!Installed("nghttp")) GTEST_SKIP() << "nghttp is not installed.";

  const std::string printed =
      Shell(absl::StrCat("nghttp -v -t 20 ", Url("/echo")));

  EXPECT_THAT(printed, HasSubstr(":status: 200"));
  EXPECT_THAT(printed, HasSubstr("x-status: 0"));
}

TEST_F(ClientsTest, H2loadSucceedsWithManyStreams) {
  if (!Installed("h2load")) GTEST_SKIP() << "h2load is not installed.";

  const std::string printed =
      Shell(absl::StrCat("h2load -n 5000 -c 8 -m 100 ", Url("/count")));

  EXPECT_THAT(printed, HasSubstr("5000 succeeded, 0 failed, 0 errored"))
      << printed;
}

TEST_F(ClientsTest, H2loadSucceedsOverHttp1) {
  if (!Installed("h2load")) GTEST_SKIP() << "h2load is not installed.";

  const std::string printed =
      Shell(absl::StrCat("h2load --h1 -n 2000 -c 8 -m 4 ", Url("/count")));

  EXPECT_THAT(printed, HasSubstr("2000 succeeded, 0 failed, 0 errored"))
      << printed;
}

}  // namespace
}  // namespace crm::gateway

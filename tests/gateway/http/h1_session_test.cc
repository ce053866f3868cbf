#include "gateway/http/h1_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "tests/gateway/http/raw_client.h"
#include "tests/gateway/http/server_fixture.h"

namespace crm::gateway {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class H1SessionTest : public ServerTest {};

TEST_F(H1SessionTest, KeepsAConnectionForSeveralRequests) {
  RawClient client(Serve());

  for (int i = 0; i < 3; ++i) {
    client.Send(
        "POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
    EXPECT_THAT(client.ReadTo("\r\n\r\n5"),
                AllOf(StartsWith("HTTP/1.1 200 OK\r\n"),
                      HasSubstr("content-length: 1\r\n"),
                      HasSubstr("connection: keep-alive\r\n")));
  }

  EXPECT_EQ(log_.heads.size(), 3);
  EXPECT_EQ(log_.heads[0].peer, log_.heads[2].peer);
  EXPECT_EQ(log_.heads[0].authority, "a");
  EXPECT_FALSE(log_.heads[0].http2);
}

TEST_F(H1SessionTest, ReadsAChunkedBodyHoweverItIsCut) {
  RawClient client(Serve());
  const std::string request =
      "POST /count HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\nA;note=1\r\n0123456789\r\n0\r\nX-Trailer: 1\r\n\r\n";

  for (const char c : request) client.Send(absl::string_view(&c, 1));

  EXPECT_THAT(client.ReadTo("\r\n\r\n15"), HasSubstr("content-length: 2\r\n"));
  EXPECT_EQ(FindHeader(log_.heads[0].headers, "transfer-encoding"), nullptr);
}

TEST_F(H1SessionTest, AnswersPipelinedRequestsInTheirOrder) {
  RawClient client(Serve());

  client.Send(
      "POST /hold HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
      "POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
  ASSERT_TRUE(thread_.Eventually([&] { return log_.held.size() == 1; }));
  thread_.Call([&] {
    EXPECT_EQ(log_.heads.size(), 1);
    log_.held[0]();
  });

  EXPECT_THAT(client.ReadTo("held"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(client.ReadTo("\r\n\r\n3"), StartsWith("HTTP/1.1 200"));
}

TEST_F(H1SessionTest, StreamsAResponseInChunks) {
  RawClient client(Serve());

  client.Send("GET /produce/300000 HTTP/1.1\r\nHost: a\r\n\r\n");

  EXPECT_THAT(client.ReadTo("\r\n\r\n"),
              AllOf(HasSubstr("transfer-encoding: chunked\r\n"),
                    Not(HasSubstr("content-length"))));
  const std::string body = client.ReadTo("\r\n0\r\n\r\n");
  EXPECT_EQ(std::count(body.begin(), body.end(), 'p'), 300'000);
  EXPECT_LE(log_.max_buffered, kHighWaterBytes + 10'000);
}

TEST_F(H1SessionTest, ASlowReaderStopsTheWriter) {
  RawClient client(Serve());

  bool closed = false;

  client.Send(
      "GET /produce/20000000 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  client.ReadTo("\r\n\r\n");
  // The kernel's buffers are full when the writer is above its mark.
  EXPECT_TRUE(
      thread_.Eventually([&] { return log_.max_buffered > kHighWaterBytes; }));

  const std::string body = client.ReadAll(closed);
  EXPECT_TRUE(closed);
  EXPECT_EQ(std::count(body.begin(), body.end(), 'p'), 20'000'000);
  EXPECT_LE(log_.max_buffered, kHighWaterBytes + 10'000);
}

TEST_F(H1SessionTest, ADeafExchangeStopsTheClient) {
  HttpLimits limits;
  limits.max_h1_body_bytes = 100'000'000;
  limits.body_timeout = absl::Milliseconds(1);
  RawClient client(Serve(limits));

  client.Send(
      "POST /deaf HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n");
  client.Send(std::string(200'000, 'x'));

  EXPECT_TRUE(
      thread_.Eventually([&] { return log_.received >= kReceiveWindowBytes; }));
  thread_.Call([&] {
    // What was read in one go, and the client is not to blame for the pause.
    EXPECT_LE(log_.received, 2 * kReceiveWindowBytes);
    EXPECT_EQ(log_.resets, 0);
  });
}

TEST_F(H1SessionTest, AnswersHeadWithoutABody) {
  RawClient client(Serve());

  client.Send(
      "HEAD /count HTTP/1.1\r\nHost: a\r\n\r\n"
      "GET /count HTTP/1.1\r\nHost: a\r\n\r\n");

  EXPECT_THAT(client.ReadTo("\r\n\r\n"), HasSubstr("content-length: 1\r\n"));
  EXPECT_THAT(client.ReadTo("\r\n\r\n0"), StartsWith("HTTP/1.1 200"));
}

TEST_F(H1SessionTest, AsksForABodyThatWaitsToBeAskedFor) {
  RawClient client(Serve());

  client.Send(
      "POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n"
      "Expect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.ReadTo("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.Send("ab");

  EXPECT_THAT(client.ReadTo("\r\n\r\n2"), StartsWith("HTTP/1.1 200"));
}

TEST_F(H1SessionTest, ClosesWhenTheClientSaysSo) {
  RawClient client(Serve());
  bool closed = false;

  client.Send("GET /count HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

  EXPECT_THAT(client.ReadAll(closed), HasSubstr("connection: close\r\n"));
  EXPECT_TRUE(closed);
}

TEST_F(H1SessionTest, EndsAnUnknownLengthByClosingForHttp10) {
  RawClient client(Serve());
  bool closed = false;

  client.Send("GET /produce/300000 HTTP/1.0\r\n\r\n");

  const std::string answer = client.ReadAll(closed);
  EXPECT_TRUE(closed);
  EXPECT_THAT(answer, Not(HasSubstr("chunked")));
  EXPECT_THAT(answer, EndsWith(std::string(300'000, 'p')));
}

TEST_F(H1SessionTest, DoesNotUpgradeToHttp2) {
  RawClient client(Serve());

  client.Send(
      "GET /count HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings"
      "\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n");

  EXPECT_THAT(client.ReadTo("\r\n\r\n0"), StartsWith("HTTP/1.1 200"));
  EXPECT_TRUE(log_.heads[0].headers.empty());
}

TEST_F(H1SessionTest, AnswersBeforeTheWholeRequestAndCloses) {
  RawClient client(Serve());
  bool closed = false;

  client.Send("POST /first HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n");

  EXPECT_THAT(client.ReadAll(closed), AllOf(HasSubstr("connection: close\r\n"),
                                            EndsWith("\r\n\r\nfirst")));
  EXPECT_TRUE(closed);
}

TEST_F(H1SessionTest, AnAnswerBrokenOffClosesTheConnection) {
  RawClient client(Serve());
  bool closed = false;

  client.Send("GET /reset HTTP/1.1\r\nHost: a\r\n\r\n");

  EXPECT_EQ(client.ReadAll(closed), "");
  EXPECT_TRUE(thread_.Eventually(
      [&] { return log_.open == 0 && server_->connections() == 0; }));
  EXPECT_EQ(log_.ended, 0);
}

TEST_F(H1SessionTest, AClientThatIsGoneResetsTheExchange) {
  RawClient client(Serve());

  client.Send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(thread_.Eventually([&] { return log_.held.size() == 1; }));
  client.Break();

  EXPECT_TRUE(
      thread_.Eventually([&] { return log_.resets == 1 && log_.open == 0; }));
  EXPECT_TRUE(thread_.Eventually([&] { return server_->connections() == 0; }));
}

TEST_F(H1SessionTest, RefusesABodyAboveTheLimitAndNoneAtIt) {
  HttpLimits limits;
  limits.max_h1_body_bytes = 10;
  const uint16_t port = Serve(limits);
  const auto answer = [port](absl::string_view framing) {
    RawClient client(port);
    bool closed = false;
    client.Send(
        absl::StrCat("POST /count HTTP/1.1\r\nHost: a\r\n"
                     "Connection: close\r\n",
                     framing));
    return client.ReadAll(closed).substr(0, 12);
  };

  EXPECT_EQ(answer("Content-Length: 10\r\n\r\n0123456789"), "HTTP/1.1 200");
  EXPECT_EQ(answer("Content-Length: 11\r\n\r\n"), "HTTP/1.1 413");
  EXPECT_EQ(answer("Content-Length: 11\r\nExpect: 100-continue\r\n\r\n"),
            "HTTP/1.1 413");
  EXPECT_EQ(answer("Transfer-Encoding: chunked\r\n\r\n"
                   "a\r\n0123456789\r\n0\r\n\r\n"),
            "HTTP/1.1 200");
  EXPECT_EQ(answer("Transfer-Encoding: chunked\r\n\r\n"
                   "5\r\n01234\r\n6\r\n012345\r\n0\r\n\r\n"),
            "HTTP/1.1 413");
  EXPECT_TRUE(thread_.Eventually([&] { return log_.open == 0; }));
}

TEST_F(H1SessionTest, RefusesAHeadAboveTheLimit) {
  HttpLimits limits;
  limits.max_header_bytes = 1000;
  RawClient client(Serve(limits));
  bool closed = false;

  client.Send(absl::StrCat("GET /count HTTP/1.1\r\nHost: a\r\nX: ",
                           std::string(1000, 'x')));

  EXPECT_THAT(client.ReadAll(closed), StartsWith("HTTP/1.1 431"));
  EXPECT_TRUE(closed);
}

TEST_F(H1SessionTest, ClosesASlowHead) {
  HttpLimits limits;
  limits.header_timeout = absl::Milliseconds(20);
  const uint16_t port = Serve(limits);
  RawClient silent(port);
  RawClient slow(port);
  bool closed = false;

  slow.Send("GET /count HTTP/1.1\r\nHost:");

  EXPECT_THAT(slow.ReadAll(closed), StartsWith("HTTP/1.1 408"));
  EXPECT_TRUE(closed);
  EXPECT_EQ(silent.ReadAll(closed), "");
  EXPECT_TRUE(closed);
}

TEST_F(H1SessionTest, ClosesASlowBody) {
  HttpLimits limits;
  limits.body_timeout = absl::Milliseconds(20);
  RawClient client(Serve(limits));
  bool closed = false;

  client.Send("POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab");

  EXPECT_THAT(client.ReadAll(closed), StartsWith("HTTP/1.1 408"));
  EXPECT_TRUE(closed);
  EXPECT_EQ(log_.resets, 1);
}

TEST_F(H1SessionTest, ClosesAnIdleConnectionButNoneWithARequest) {
  HttpLimits limits;
  limits.idle_timeout = absl::Milliseconds(20);
  const uint16_t port = Serve(limits);
  RawClient busy(port);
  busy.Send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
  RawClient idle(port);
  idle.Send("GET /count HTTP/1.1\r\nHost: a\r\n\r\n");
  bool closed = false;

  EXPECT_THAT(idle.ReadAll(closed), StartsWith("HTTP/1.1 200"));
  EXPECT_TRUE(closed);
  thread_.Call([&] {
    ASSERT_EQ(log_.held.size(), 1);
    log_.held[0]();
  });
  EXPECT_THAT(busy.ReadTo("held"), StartsWith("HTTP/1.1 200"));
}

TEST_F(H1SessionTest, DrainsTheRequestUnderWayThenCloses) {
  RawClient client(Serve());
  bool stopped = false;
  bool closed = false;
  client.Send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(thread_.Eventually([&] { return log_.held.size() == 1; }));

  thread_.Call([&] {
    server_->Stop(absl::Seconds(10), [&] { stopped = true; });
    log_.held[0]();
  });

  EXPECT_THAT(client.ReadAll(closed),
              AllOf(HasSubstr("connection: close\r\n"), EndsWith("held")));
  EXPECT_TRUE(closed);
  client.Break();
  EXPECT_TRUE(thread_.Eventually([&] { return stopped; }));
}

TEST_F(H1SessionTest, ClosesConnectionsAboveTheCap) {
  HttpLimits limits;
  limits.max_connections = 1;
  const uint16_t port = Serve(limits);
  RawClient first(port);
  first.Send("GET /count HTTP/1.1\r\nHost: a\r\n\r\n");
  first.ReadTo("\r\n\r\n0");

  RawClient second(port);
  bool closed = false;
  EXPECT_EQ(second.ReadAll(closed), "");
  first.Send("GET /count HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(first.ReadTo("\r\n\r\n0"), StartsWith("HTTP/1.1 200"));
}

// What could make a program before us and us see different requests.
class SmugglingTest
    : public ServerTest,
      public ::testing::WithParamInterface<std::tuple<const char*, int>> {};

TEST_P(SmugglingTest, IsRefusedAndTheConnectionClosed) {
  const auto& [request, status] = GetParam();
  RawClient client(Serve());
  bool closed = false;

  client.Send(request);

  EXPECT_THAT(client.ReadAll(closed),
              StartsWith(absl::StrCat("HTTP/1.1 ", status)));
  EXPECT_TRUE(closed);
  EXPECT_EQ(log_.ended, 0);
}

INSTANTIATE_TEST_SUITE_P(
    Requests, SmugglingTest,
    ::testing::Values(
        std::tuple("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
                   "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /",
                   400),
        std::tuple("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
                   "Content-Length: 6\r\n\r\nhello!",
                   400),
        std::tuple("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\n",
                   400),
        std::tuple("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\n",
                   400),
        std::tuple("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked"
                   "\r\nTransfer-Encoding: chunked\r\n\r\n",
                   400),
        std::tuple("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
                   "identity, chunked\r\n\r\n",
                   501),
        std::tuple("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
                   400),
        std::tuple("POST / HTTP/1.1\r\nHost: a\r\nX: 1\r\n folded\r\n\r\n",
                   400),
        std::tuple("POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\n",
                   400),
        std::tuple("POST / HTTP/1.1\r\nHost: a\r\nX: 1\nY: 2\r\n\r\n", 400),
        std::tuple("POST / HTTP/1.1\nHost: a\n\n", 400),
        std::tuple("POST / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        std::tuple("POST / HTTP/1.1\r\n\r\n", 400),
        std::tuple("POST / HTTP/1.1\r\nHost: a\r\nX_Y: 1\r\n\r\n", 400),
        std::tuple("POST  / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        std::tuple("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 405),
        std::tuple("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 405),
        std::tuple("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        std::tuple("GET / HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n", 417),
        std::tuple("POST / HTTP/1.1\r\nHost: a\r\n"
                   "Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
                   400),
        std::tuple("POST / HTTP/1.1\r\nHost: a\r\n"
                   "Transfer-Encoding: chunked\r\n\r\n5\r\nhelloXX\r\n",
                   400),
        std::tuple("\x16\x03\x01 is no HTTP\r\n\r\n", 400)));

}  // namespace
}  // namespace crm::gateway

// What a client that does not keep to HTTP/2 can do to the server.

#include "gateway/http/h2_server_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/gateway/http/h2_frames.h"
#include "tests/gateway/http/raw_client.h"
#include "tests/gateway/http/server_fixture.h"

namespace crm::gateway {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

// GET / of `http://a`, by the static table.
std::string Request() { return Bytes({0x82, 0x86, 0x84, 0x41, 1, 'a'}); }

// A GOAWAY with `error`, whatever the last stream is.
std::string GoAwayEnd(int error) { return Bytes({0, 0, 0, error}); }

class H2ServerSessionTest : public ServerTest {
 protected:
  // A client that has sent the preface and its settings.
  RawClient Connect(const HttpLimits& limits = {}) {
    RawClient client(Serve(limits));
    client.Send(absl::StrCat(kH2Preface, Frame(kSettings, 0, 0, "")));
    return client;
  }
};

TEST_F(H2ServerSessionTest, F43_ClosesAHeaderBlockThatDoesNotEnd) {
  HttpLimits limits;
  limits.header_timeout = absl::Milliseconds(20);
  RawClient client = Connect(limits);
  bool closed = false;

  client.Send(Frame(kHeaders, kEndStream, 1, Request()));

  client.ReadAll(closed);
  EXPECT_TRUE(closed);
  EXPECT_TRUE(log_.heads.empty());
}

TEST_F(H2ServerSessionTest, LeavesAConnectionWithWholeHeadersAlone) {
  HttpLimits limits;
  limits.header_timeout = absl::Milliseconds(1);
  RawClient client = Connect(limits);

  client.Send(Frame(kHeaders, kEndStream | kEndHeaders, 1, Request()));
  ASSERT_TRUE(thread_.Eventually([&] { return log_.ended == 1; }));
  Timer timer;
  bool later = false;
  thread_.Call([&] {
    timer = thread_.loop().After(absl::Milliseconds(20), [&] { later = true; });
  });
  ASSERT_TRUE(thread_.Eventually([&] { return later; }));

  EXPECT_EQ(thread_.Call([&] { return server_->connections(); }), 1);
}

TEST_F(H2ServerSessionTest, ClosesAPrefaceThatDoesNotEnd) {
  HttpLimits limits;
  limits.header_timeout = absl::Milliseconds(20);
  RawClient client(Serve(limits));
  bool closed = false;

  client.Send("PRI * HT");

  EXPECT_EQ(client.ReadAll(closed), "");
  EXPECT_TRUE(closed);
}

TEST_F(H2ServerSessionTest, ClosesAnIdleConnectionWithAGoAway) {
  HttpLimits limits;
  limits.idle_timeout = absl::Milliseconds(20);
  RawClient client = Connect(limits);
  bool closed = false;

  EXPECT_THAT(client.ReadAll(closed), EndsWith(GoAwayEnd(0)));
  EXPECT_TRUE(closed);
}

TEST_F(H2ServerSessionTest, ClosesWhatIsNoHttp2AfterThePreface) {
  RawClient client = Connect();
  bool closed = false;

  client.Send("GET / HTTP/1.1\r\nHost: a\r\n\r\nand so on and on");

  client.ReadAll(closed);
  EXPECT_TRUE(thread_.Eventually([&] { return server_->connections() == 0; }));
  EXPECT_TRUE(log_.heads.empty());
}

TEST_F(H2ServerSessionTest, F43_ClosesAFloodOfContinuations) {
  RawClient client = Connect();
  std::string flood = Frame(kHeaders, kEndStream, 1, Request());
  for (int i = 0; i < 1000; ++i) {
    flood += Frame(kContinuation, 0, 1, Bytes({0x40, 1, 'x', 1, 'y'}));
  }

  client.Send(flood);

  EXPECT_TRUE(thread_.Eventually([&] { return server_->connections() == 0; }));
  EXPECT_TRUE(log_.heads.empty());
}

TEST_F(H2ServerSessionTest, F43_ClosesAFloodOfPingsWhoseAnswersNobodyReads) {
  RawClient client = Connect();
  std::string flood;
  for (int i = 0; i < 10'000; ++i) flood += Frame(kPing, 0, 0, "12345678");

  // Ends when the server does not take more.
  for (int i = 0; i < 1000; ++i) client.Send(flood);

  EXPECT_TRUE(thread_.Eventually([&] { return server_->connections() == 0; }));
}

TEST_F(H2ServerSessionTest, F43_ClosesAFloodOfSettingsWhoseAnswersNobodyReads) {
  RawClient client = Connect();
  std::string flood;
  for (int i = 0; i < 10'000; ++i) flood += Frame(kSettings, 0, 0, "");

  for (int i = 0; i < 1000; ++i) client.Send(flood);

  EXPECT_TRUE(thread_.Eventually([&] { return server_->connections() == 0; }));
}

// Of 3,000 bytes that are sent, a thousand references make three million.
TEST_F(H2ServerSessionTest, F43_RefusesFieldsThatUnpackToTooMuch) {
  RawClient client = Connect();
  constexpr int kNewIndexedField = 0x40;
  constexpr int kNewestIndex = 0x80 | 62;
  const std::string value(3000, 'v');
  // A length of 127 and 2,873 more, in groups of seven bits.
  std::string fields =
      Request() +
      Bytes({kNewIndexedField, 1, 'x', 0x7f, 0x80 | (2873 & 0x7f), 2873 >> 7}) +
      value;
  for (int i = 0; i < 1000; ++i) fields += Bytes({kNewestIndex});
  bool closed = false;

  client.Send(Frame(kHeaders, kEndStream | kEndHeaders, 1, fields) +
              Frame(kGoAway, 0, 0, Bytes({0, 0, 0, 0, 0, 0, 0, 0})));

  EXPECT_THAT(client.ReadAll(closed), HasSubstr("HEADERS_TOO_LARGE"));
  EXPECT_TRUE(log_.heads.empty());
}

TEST_F(H2ServerSessionTest, F43_CountsTheResetsThatAClientMakesUsSend) {
  RawClient client = Connect();
  bool closed = false;
  std::string attack;
  for (int i = 0; i <= 200; ++i) {
    const int stream = 2 * i + 1;
    attack += Frame(kHeaders, kEndStream | kEndHeaders, stream, Request());
    // A window that overflows is an error of the stream.
    attack += Frame(kWindowUpdate, 0, stream, Bytes({0x7f, 0xff, 0xff, 0xff}));
  }

  client.Send(attack);

  EXPECT_THAT(client.ReadAll(closed),
              HasSubstr(GoAwayEnd(static_cast<int>(kH2EnhanceYourCalm))));
  EXPECT_TRUE(closed);
}

TEST_F(H2ServerSessionTest, ForgivesResetsUpToTheLimit) {
  RawClient client = Connect();
  std::string requests;
  for (int i = 0; i < 200; ++i) {
    const int stream = 2 * i + 1;
    requests += Frame(kHeaders, kEndStream | kEndHeaders, stream, Request());
    requests += Frame(kRstStream, 0, stream, Bytes({0, 0, 0, 8}));
  }

  client.Send(requests);
  ASSERT_TRUE(thread_.Eventually([&] { return log_.resets == 200; }));
  client.Send(Frame(kHeaders, kEndStream | kEndHeaders, 501, Request()));

  EXPECT_TRUE(thread_.Eventually([&] { return log_.heads.size() == 201; }));
}

TEST_F(H2ServerSessionTest, RefusesTransferEncodingAndUnderscores) {
  RawClient client = Connect();
  const std::string field =
      Bytes({0x40, 17}) + "transfer-encoding" + Bytes({7}) + "chunked";
  client.Send(Frame(kHeaders, kEndStream | kEndHeaders, 1, Request() + field));
  client.Send(Frame(kHeaders, kEndStream | kEndHeaders, 3,
                    Request() + Bytes({0x40, 3}) + "a_b" + Bytes({1, 'c'})));
  client.Send(Frame(kHeaders, kEndStream | kEndHeaders, 5, Request()));

  ASSERT_TRUE(thread_.Eventually([&] { return log_.ended == 1; }));
  EXPECT_EQ(log_.heads.size(), 1);
}

}  // namespace
}  // namespace crm::gateway

// A listener under TLS, as independent clients see it.

#include "gateway/http/tls_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "shared/base/clock.h"
#include "tests/gateway/http/raw_client.h"
#include "tests/gateway/http/server_fixture.h"
#include "tests/gateway/http/shell.h"
#include "tests/support/matchers.h"
#include "tests/support/test_certificates.h"

namespace crm::gateway {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;
using ::crm::testing::TestCertificates;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Names no service, so its certificate is one of `localhost`.
constexpr char kEdge[] = "urn:edge";

TlsServer::Files FilesIn(const std::string& folder) {
  return {folder + "/tls.crt", folder + "/tls.key"};
}

class TlsServerTest : public ServerTest {
 protected:
  TlsServerTest()
      : folder_(certificates_.Folder(certificates_.Issue(kEdge),
                                     certificates_.authority())) {}

  void SetUp() override {
    if (!Installed("curl")) GTEST_SKIP() << "curl is not installed.";
  }

  void TearDown() override {
    ServerTest::TearDown();
    thread_.Call([this] { tls_.reset(); });
  }

  void Begin(const HttpLimits& limits = {}) {
    port_ = thread_.Call([&] {
      auto tls = TlsServer::Open(
          FilesIn(folder_), clock_,
          [this](const absl::Status& status) { changes_.push_back(status); });
      EXPECT_THAT(tls, IsOk());
      tls_ = *std::move(tls);
      server_ = std::make_unique<HttpServer>(thread_.loop(), limits,
                                             TestApp(log_), tls_.get());
      return server_->Listen("127.0.0.1:0").value_or(0);
    });
  }

  // Returns the command that calls `path` trusting the authority in `folder`.
  std::string Curl(const std::string& arguments, const std::string& path,
                   const std::string& folder) {
    return absl::StrCat("curl -sS -m 20 --cacert ", folder, "/ca.crt ",
                        arguments, " https://localhost:", port_, path);
  }
  std::string Curl(const std::string& arguments, const std::string& path) {
    return Curl(arguments, path, folder_);
  }

  // Waits for the end of the one connection.
  bool IsClosed(RawClient& client) {
    client.ReadTo("what no server sends");
    return thread_.Eventually([&] { return server_->connections() == 0; });
  }

  const TestCertificates certificates_;
  FakeClock clock_{absl::Now()};
  const std::string folder_;
  std::unique_ptr<TlsServer> tls_;
  // Loop thread only.
  std::vector<absl::Status> changes_;
  uint16_t port_ = 0;
};

TEST_F(TlsServerTest, ServesBothVersionsOfHttp) {
  Begin();

  EXPECT_EQ(Shell(Curl("--http1.1 -d hello", "/echo")), "hello");
  EXPECT_EQ(Shell(Curl("--http2 -d hello", "/echo")), "hello");

  thread_.Call([&] {
    ASSERT_EQ(log_.heads.size(), 2u);
    EXPECT_FALSE(log_.heads[0].http2);
    EXPECT_TRUE(log_.heads[1].http2);
    EXPECT_EQ(log_.heads[0].scheme, "https");
    EXPECT_EQ(log_.heads[1].scheme, "https");
  });
}

TEST_F(TlsServerTest, StreamsMegabytesEitherWay) {
  Begin();

  for (const char* version : {"--http1.1", "--http2"}) {
    EXPECT_EQ(Shell(Curl(version, "/produce/5000000 | wc -c")), "5000000\n");
    EXPECT_EQ(Shell(absl::StrCat(
                  "head -c 1000000 /dev/zero | ",
                  Curl(absl::StrCat(version, " -T - -X POST"), "/count"))),
              "1000000");
  }
}

TEST_F(TlsServerTest, SpeaksHttp1WithoutAlpn) {
  Begin();

  EXPECT_EQ(Shell(Curl("--no-alpn -d hello", "/echo")), "hello");
}

TEST_F(TlsServerTest, RefusesOldVersionsAndOtherProtocols) {
  if (!Installed("openssl")) GTEST_SKIP() << "openssl is not installed.";
  Begin();
  const std::string connect =
      absl::StrCat("openssl s_client -connect 127.0.0.1:", port_);

  EXPECT_THAT(Shell(absl::StrCat(
                  connect, " -tls1_1 -cipher DEFAULT@SECLEVEL=0 < /dev/null")),
              HasSubstr("Cipher is (NONE)"));
  EXPECT_THAT(Shell(absl::StrCat(connect, " -alpn ftp < /dev/null")),
              HasSubstr("no application protocol"));
}

TEST_F(TlsServerTest, ClosesOnPlaintext) {
  Begin();
  RawClient client(port_);

  client.Send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");

  EXPECT_TRUE(IsClosed(client));
  EXPECT_EQ(thread_.Call([&] { return log_.heads.size(); }), 0u);
}

TEST_F(TlsServerTest, DropsAClientThatShakesNoHands) {
  Begin({.handshake_timeout = absl::Milliseconds(1)});
  RawClient client(port_);

  EXPECT_TRUE(IsClosed(client));
}

TEST_F(TlsServerTest, F46_ShowsANewCertificateToWhoConnectsAfterIt) {
  Begin();
  const TestCertificates others;
  const std::string trusted =
      others.Folder(others.Issue(kEdge), others.authority());
  EXPECT_EQ(Shell(Curl("-d a", "/echo")), "a");

  certificates_.Replace(folder_, others.Issue(kEdge), others.authority());
  clock_.Advance(TlsServer::kCheckInterval);

  EXPECT_EQ(Shell(Curl("-d b", "/echo", trusted)), "b");
  EXPECT_THAT(thread_.Call([&] { return changes_; }), ElementsAre(IsOk()));
}

TEST_F(TlsServerTest, F46_KeepsTheOldCertificateWhenTheNewOneIsBroken) {
  Begin();
  const CertifiedKey one = certificates_.Issue(kEdge);
  const CertifiedKey two = certificates_.Issue(kEdge);

  certificates_.Replace(folder_, {one.certificate, two.private_key},
                        certificates_.authority());
  clock_.Advance(TlsServer::kCheckInterval);

  EXPECT_EQ(Shell(Curl("-d b", "/echo")), "b");
  EXPECT_THAT(thread_.Call([&] { return changes_; }),
              ElementsAre(StatusIs(absl::StatusCode::kInvalidArgument,
                                   "BAD_CERTIFICATE")));
}

TEST_F(TlsServerTest, SaysWhatIsWrongWithItsFiles) {
  const CertifiedKey one = certificates_.Issue(kEdge);
  const CertifiedKey two = certificates_.Issue(kEdge);
  const auto open = [&](const CertifiedKey& files) {
    return TlsServer::Open(FilesIn(certificates_.Folder(files, "")), clock_)
        .status();
  };

  EXPECT_THAT(open(one), IsOk());
  EXPECT_THAT(open({one.certificate, two.private_key}),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_CERTIFICATE"));
  EXPECT_THAT(open({"none", one.private_key}),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_CERTIFICATE"));
  EXPECT_THAT(open({one.certificate, "none"}),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_CERTIFICATE"));
  EXPECT_THAT(
      TlsServer::Open({"/nowhere", "/nowhere"}, clock_).status(),
      StatusIs(absl::StatusCode::kFailedPrecondition, "FILE_UNREADABLE"));
}

}  // namespace
}  // namespace crm::gateway

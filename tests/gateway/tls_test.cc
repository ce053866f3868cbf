// The gateway's own HTTP/2 client against a real gRPC server, under mutual TLS.

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gateway/http/h2_upstream.h"
#include "gateway/http/tls_client.h"
#include "gateway/local/unary_client.h"
#include "gateway/proxy/backend.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/rpc/caller_filter.h"
#include "shared/rpc/server.h"
#include "tests/gateway/http/loop_thread.h"
#include "tests/shared/rpc/echo_service.h"
#include "tests/shared/rpc/test_server.h"
#include "tests/support/matchers.h"
#include "tests/support/test_certificates.h"

namespace crm::gateway {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::kEcho;
using ::crm::testing::kInner;
using ::crm::testing::kTestSpace;
using ::crm::testing::Pack;
using ::crm::testing::StatusIs;
using ::crm::testing::TestCertificates;
using ::crm::testing::TestServer;
using ::crm::testing::Unpack;
using ::testing::HasSubstr;

RpcServer::Options With(TlsFolder* tls) {
  RpcServer::Options options;
  options.tls = tls;
  return options;
}

// A service that is `operational`, and a gateway's way to it.
class GatewayTlsTest : public ::testing::Test {
 protected:
  GatewayTlsTest()
      : server_path_(certificates_.FolderOf("operational")),
        server_tls_(*TlsFolder::Open(server_path_, clock_)),
        server_({.placement = Placement::kInline}, {.filters = {&filter_}},
                With(server_tls_.get())) {}

  ~GatewayTlsTest() override { Disconnect(); }

  // Connects with the identity in `folder`; null connects in plaintext.
  void Connect(const std::string& folder,
               const std::string& expected = "operational") {
    tls_ = *TlsFolder::Open(folder, clock_);
    thread_.Call([&] {
      client_ = std::make_unique<TlsClient>(*tls_);
      UpstreamOptions options;
      options.tls = client_.get();
      options.tls_service = expected;
      options.on_tls_failure = [this](const absl::Status& status) {
        failures_.push_back(status);
      };
      Make(options);
    });
  }

  void ConnectInPlaintext() {
    thread_.Call([&] { Make({}); });
  }

  void Make(UpstreamOptions options) {
    upstream_ = std::make_unique<H2Upstream>(
        thread_.loop(), absl::StrCat("127.0.0.1:", server_.port()), options);
    backend_ = std::make_unique<Backend>(thread_.loop(), clock_, "operational",
                                         *upstream_);
  }

  void Disconnect() {
    thread_.Call([this] {
      backend_.reset();
      upstream_.reset();
    });
  }

  absl::StatusOr<std::string> Call(const char* path,
                                   std::string text = "hello") {
    std::promise<absl::StatusOr<std::string>> answered;
    std::unique_ptr<UnaryClient> call;
    thread_.Call([&] {
      CallHead head;
      head.path = path;
      call = std::make_unique<UnaryClient>(
          *backend_, std::move(head), Pack(text),
          [&](absl::StatusOr<std::string> answer) {
            answered.set_value(std::move(answer));
          });
    });
    absl::StatusOr<std::string> answer = answered.get_future().get();
    thread_.Call([&] { call.reset(); });
    return answer;
  }

  void ExpectUnavailable() {
    EXPECT_THAT(Call(kEcho), StatusIs(absl::StatusCode::kUnavailable,
                                      "BACKEND_UNAVAILABLE"));
  }

  std::vector<absl::Status> Failures() {
    return thread_.Call([this] { return failures_; });
  }

  const TestCertificates certificates_;
  FakeClock clock_{absl::Now()};
  const std::string server_path_;
  const std::unique_ptr<TlsFolder> server_tls_;
  CallerFilter filter_{kTestSpace};
  TestServer server_;
  std::unique_ptr<TlsFolder> tls_;
  LoopThread thread_;
  std::unique_ptr<TlsClient> client_;
  std::unique_ptr<H2Upstream> upstream_;
  std::unique_ptr<Backend> backend_;
  std::vector<absl::Status> failures_;
};

TEST_F(GatewayTlsTest, F47_ReachesAServiceOfTheSuite) {
  Connect(certificates_.FolderOf("gateway"));

  const auto answer = Call(kEcho);

  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(Unpack(*answer), "hello");
  EXPECT_TRUE(Failures().empty());
}

TEST_F(GatewayTlsTest, MovesLargeMessagesBothWays) {
  Connect(certificates_.FolderOf("gateway"));
  std::string text(3 << 20, '\0');
  for (size_t i = 0; i < text.size(); ++i) {
    text[i] = static_cast<char>('a' + i % 23);
  }

  const auto answer = Call(kEcho, text);

  ASSERT_THAT(answer, IsOk());
  EXPECT_TRUE(Unpack(*answer) == text);
}

TEST_F(GatewayTlsTest, F47_IsRefusedAtMethodsOfOthers) {
  Connect(certificates_.FolderOf("gateway"));

  EXPECT_THAT(Call(kInner), StatusIs(absl::StatusCode::kPermissionDenied,
                                     "CALLER_NOT_ALLOWED"));
}

TEST_F(GatewayTlsTest, F47_IsNotAnsweredInPlaintext) {
  ConnectInPlaintext();

  ExpectUnavailable();
}

TEST_F(GatewayTlsTest, F47_SendsNothingToAServerThatIsAnotherService) {
  Connect(certificates_.FolderOf("gateway"), "analytical");

  ExpectUnavailable();
  ASSERT_FALSE(Failures().empty());
  EXPECT_THAT(Failures().front(),
              StatusIs(absl::StatusCode::kUnauthenticated, "TLS_WRONG_SERVER"));
}

TEST_F(GatewayTlsTest, F47_SendsNothingToAServerOfAnotherAuthority) {
  const TestCertificates other;
  Connect(other.FolderOf("gateway"));

  ExpectUnavailable();
  ASSERT_FALSE(Failures().empty());
  EXPECT_THAT(Failures().front(),
              StatusIs(absl::StatusCode::kUnauthenticated, "TLS_REFUSED"));
  EXPECT_THAT(std::string(Failures().front().message()),
              HasSubstr("certificate in certificate chain"));
}

TEST_F(GatewayTlsTest, F47_SendsNothingToAServerWhoseCertificateHasExpired) {
  certificates_.Replace(
      server_path_,
      certificates_.Issue("spiffe://crm/ns/test/sa/operational",
                          absl::Now() - absl::Minutes(1)),
      certificates_.authority());
  // The server's own clock does not know.
  FakeClock behind(absl::Now() - absl::Hours(1));
  const auto late = *TlsFolder::Open(server_path_, behind);
  TestServer expired({}, {}, With(late.get()));
  tls_ = *TlsFolder::Open(certificates_.FolderOf("gateway"), clock_);
  thread_.Call([&] {
    client_ = std::make_unique<TlsClient>(*tls_);
    UpstreamOptions options;
    options.tls = client_.get();
    options.tls_service = "operational";
    options.on_tls_failure = [this](const absl::Status& status) {
      failures_.push_back(status);
    };
    upstream_ = std::make_unique<H2Upstream>(
        thread_.loop(), absl::StrCat("127.0.0.1:", expired.port()), options);
    backend_ = std::make_unique<Backend>(thread_.loop(), clock_, "operational",
                                         *upstream_);
  });

  ExpectUnavailable();
  ASSERT_FALSE(Failures().empty());
  EXPECT_THAT(std::string(Failures().front().message()),
              HasSubstr("certificate has expired"));
  Disconnect();
}

TEST_F(GatewayTlsTest, F47_IsRefusedWithACertificateOfAnotherAuthority) {
  const TestCertificates other;
  // It believes the server, but shows what another authority signed.
  Connect(certificates_.Folder(
      other.IssueTo("gateway"),
      absl::StrCat(other.authority(), certificates_.authority())));

  ExpectUnavailable();
}

TEST_F(GatewayTlsTest, F46_ShowsItsNewCertificateWhenItConnectsAnew) {
  const std::string path = certificates_.FolderOf("gateway");
  Connect(path);
  ASSERT_THAT(Call(kEcho), IsOk());
  // A certificate that may not call shows that it is the one in use.
  certificates_.Replace(path, certificates_.IssueTo("analytical"),
                        certificates_.authority());
  clock_.Advance(kTlsCheckInterval);

  EXPECT_THAT(Call(kEcho), IsOk()) << "The connection is as it was.";
  thread_.Call([&] {
    UpstreamOptions options;
    options.tls = client_.get();
    options.tls_service = "operational";
    backend_.reset();
    Make(options);
  });
  EXPECT_THAT(Call(kEcho), StatusIs(absl::StatusCode::kPermissionDenied,
                                    "CALLER_NOT_ALLOWED"));
}

}  // namespace
}  // namespace crm::gateway

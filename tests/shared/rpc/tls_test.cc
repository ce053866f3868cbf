// Mutual TLS on a real server: who gets in, who does not, and certificates that
// change while calls go on.

#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/wrappers.pb.h"
#include "gtest/gtest.h"
#include "shared/rpc/caller_filter.h"
#include "shared/rpc/channel.h"
#include "shared/rpc/server.h"
#include "shared/rpc/tls_credentials.h"
#include "tests/shared/rpc/echo_service.h"
#include "tests/shared/rpc/test_server.h"
#include "tests/support/matchers.h"
#include "tests/support/test_certificates.h"

namespace crm {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::kEcho;
using ::crm::testing::kInner;
using ::crm::testing::kTestSpace;
using ::crm::testing::StatusIs;
using ::crm::testing::TestCertificates;
using ::crm::testing::TestServer;
using ::google::protobuf::StringValue;

// Set before anything of gRPC runs.
const bool kTls13 = [] {
  RequireTls13();
  return true;
}();

RpcServer::Options With(TlsFolder* tls) {
  RpcServer::Options options;
  options.tls = tls;
  return options;
}

// A server that is `operational`.
class TlsTest : public ::testing::Test {
 protected:
  TlsTest()
      : path_(certificates_.FolderOf("operational")),
        folder_(*TlsFolder::Open(path_, clock_)),
        server_({}, {.filters = {&filter_}}, With(folder_.get())) {
    server_->SetReady(true);
  }

  std::unique_ptr<TlsFolder> Identity(const CertifiedKey& key,
                                      absl::string_view authorities) {
    return *TlsFolder::Open(certificates_.Folder(key, authorities), clock_);
  }

  // Calls as `client`, expecting `service`; null calls in plaintext.
  absl::Status Call(TlsFolder* client, absl::string_view path = kEcho,
                    absl::string_view service = "operational") {
    RpcChannel channel(absl::StrCat("127.0.0.1:", server_.port()),
                       {.max_attempts = 1,
                        .health_check = false,
                        .tls = client,
                        .tls_service = std::string(service),
                        .own_connections = true});
    StringValue request;
    request.set_value("hello");
    StringValue response;
    CallOptions options;
    options.deadline = absl::Now() + absl::Seconds(20);
    return channel.Call(path, request, &response, options);
  }

  const TestCertificates certificates_;
  FakeClock clock_{absl::Now()};
  const std::string path_;
  const std::unique_ptr<TlsFolder> folder_;
  CallerFilter filter_{kTestSpace};
  TestServer server_;
};

TEST_F(TlsTest, F47_TakesACallerOfTheSuite) {
  const auto gateway =
      Identity(certificates_.IssueTo("gateway"), certificates_.authority());

  EXPECT_THAT(Call(gateway.get()), IsOk());
}

TEST_F(TlsTest, F47_RefusesPlaintext) {
  EXPECT_EQ(Call(nullptr).code(), absl::StatusCode::kUnavailable);
}

TEST_F(TlsTest, F47_RefusesACallerOfAnotherAuthority) {
  const TestCertificates other;
  // It believes our server, but shows what another authority signed.
  const auto stranger =
      Identity(other.IssueTo("gateway"),
               absl::StrCat(other.authority(), certificates_.authority()));

  EXPECT_EQ(Call(stranger.get()).code(), absl::StatusCode::kUnavailable);
}

TEST_F(TlsTest, F47_RefusesACallerWhoseCertificateHasExpired) {
  // Its own clock does not know.
  FakeClock behind(absl::Now() - absl::Hours(1));
  const auto late = *TlsFolder::Open(
      certificates_.Folder(
          certificates_.Issue("spiffe://crm/ns/test/sa/gateway",
                              absl::Now() - absl::Minutes(1)),
          certificates_.authority()),
      behind);

  EXPECT_EQ(Call(late.get()).code(), absl::StatusCode::kUnavailable);
}

TEST_F(TlsTest, F47_RefusesACallerOfAnotherNamespace) {
  const auto foreign =
      Identity(certificates_.Issue("spiffe://crm/ns/other/sa/gateway"),
               certificates_.authority());

  // It expects a server of its own namespace, so it ends the handshake itself.
  EXPECT_EQ(Call(foreign.get()).code(), absl::StatusCode::kUnavailable);
}

TEST_F(TlsTest, F47_RefusesTheRightCallerAtTheWrongMethod) {
  const auto gateway =
      Identity(certificates_.IssueTo("gateway"), certificates_.authority());

  EXPECT_THAT(
      Call(gateway.get(), kInner),
      StatusIs(absl::StatusCode::kPermissionDenied, "CALLER_NOT_ALLOWED"));
  const auto analytical =
      Identity(certificates_.IssueTo("analytical"), certificates_.authority());
  EXPECT_THAT(
      Call(analytical.get(), kEcho),
      StatusIs(absl::StatusCode::kPermissionDenied, "CALLER_NOT_ALLOWED"));
}

TEST_F(TlsTest, F47_DoesNotTalkToAServerThatIsAnotherService) {
  const auto gateway =
      Identity(certificates_.IssueTo("gateway"), certificates_.authority());

  EXPECT_EQ(Call(gateway.get(), kEcho, "analytical").code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(TlsTest, F47_DoesNotTalkToAServerOfAnotherAuthority) {
  const TestCertificates other;
  const auto gateway = Identity(other.IssueTo("gateway"), other.authority());

  EXPECT_EQ(Call(gateway.get()).code(), absl::StatusCode::kUnavailable);
}

// What a handshake of OpenSSL's own client came to.
struct Handshake {
  bool done = false;
  int version = 0;
};

// Shakes hands by at most `max_version`, with a certificate or without; a
// server that refuses a client's certificate says so after the handshake.
Handshake ShakeHands(int port, int max_version, const TlsIdentity* identity) {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context, max_version);
  SSL_CTX_set_security_level(context, 0);
  const unsigned char alpn[] = "\x02h2";
  SSL_CTX_set_alpn_protos(context, alpn, 3);
  if (identity != nullptr) {
    BIO* certificate = BIO_new_mem_buf(identity->certificate.data(), -1);
    BIO* key = BIO_new_mem_buf(identity->private_key.data(), -1);
    X509* x509 = PEM_read_bio_X509(certificate, nullptr, nullptr, nullptr);
    EVP_PKEY* pkey = PEM_read_bio_PrivateKey(key, nullptr, nullptr, nullptr);
    SSL_CTX_use_certificate(context, x509);
    SSL_CTX_use_PrivateKey(context, pkey);
    X509_free(x509);
    EVP_PKEY_free(pkey);
    BIO_free(certificate);
    BIO_free(key);
  }
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval patience = {.tv_sec = 20, .tv_usec = 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)),
            0);
  SSL* ssl = SSL_new(context);
  SSL_set_fd(ssl, fd);
  Handshake result;
  if (SSL_connect(ssl) == 1) {
    // The server's first bytes, SETTINGS, show that it has let us in.
    char byte = 0;
    result.done = SSL_read(ssl, &byte, 1) == 1;
    result.version = SSL_version(ssl);
  }
  SSL_free(ssl);
  close(fd);
  SSL_CTX_free(context);
  ERR_clear_error();
  return result;
}

TEST_F(TlsTest, F47_SpeaksTls13AndNothingOlder) {
  ASSERT_TRUE(kTls13);
  const auto gateway =
      Identity(certificates_.IssueTo("gateway"), certificates_.authority());
  const TlsIdentity& identity = *gateway->Get();

  const Handshake good = ShakeHands(server_.port(), TLS1_3_VERSION, &identity);
  EXPECT_TRUE(good.done);
  EXPECT_EQ(good.version, TLS1_3_VERSION);
  for (const int old : {TLS1_2_VERSION, TLS1_1_VERSION}) {
    EXPECT_FALSE(ShakeHands(server_.port(), old, &identity).done) << old;
  }
}

TEST_F(TlsTest, F47_RefusesACallerWithoutACertificate) {
  EXPECT_FALSE(ShakeHands(server_.port(), TLS1_3_VERSION, nullptr).done);
}

TEST_F(TlsTest, F46_ChangesCertificatesAndAuthoritiesWithoutAFailedCall) {
  const TestCertificates next;
  const std::string both =
      absl::StrCat(certificates_.authority(), next.authority());
  const std::string client_path = certificates_.FolderOf("gateway");
  const auto client = *TlsFolder::Open(client_path, clock_);
  RpcChannel channel(absl::StrCat("127.0.0.1:", server_.port()),
                     {.max_attempts = 1,
                      .health_check = false,
                      .tls = client.get(),
                      .tls_service = "operational",
                      .own_connections = true});
  std::atomic<bool> done{false};
  std::atomic<int> calls{0};
  std::atomic<int> failures{0};
  std::thread caller([&] {
    StringValue request;
    StringValue response;
    while (!done) {
      const absl::Status status =
          channel.Call(kEcho, request, &response,
                       {.deadline = absl::Now() + absl::Seconds(20)});
      if (!status.ok()) ++failures;
      ++calls;
    }
  });
  const auto await_calls = [&] {
    const int before = calls;
    while (calls < before + 20) std::this_thread::yield();
  };

  // The way that an authority is changed: first everybody believes both, then
  // everybody shows certificates of the new one, then nobody believes the old.
  await_calls();
  for (const auto& [issuer, believed] :
       {std::pair{&certificates_, both}, std::pair{&next, both},
        std::pair{&next, next.authority()}}) {
    certificates_.Replace(path_, issuer->IssueTo("operational"), believed);
    certificates_.Replace(client_path, issuer->IssueTo("gateway"), believed);
    clock_.Advance(kTlsCheckInterval);
    await_calls();
  }
  done = true;
  caller.join();

  EXPECT_EQ(failures, 0);
  EXPECT_EQ(client->Problem(), absl::OkStatus());
  // The old authority is indeed no longer believed.
  const auto old = Identity(certificates_.IssueTo("gateway"), both);
  EXPECT_EQ(Call(old.get()).code(), absl::StatusCode::kUnavailable);
}

TEST_F(TlsTest, F46_ServesOnWithTheOldPairWhenTheNewOneDoesNotFit) {
  const auto gateway =
      Identity(certificates_.IssueTo("gateway"), certificates_.authority());
  CertifiedKey mixed = certificates_.IssueTo("operational");
  mixed.private_key = certificates_.IssueTo("operational").private_key;
  certificates_.Replace(path_, mixed, certificates_.authority());
  clock_.Advance(kTlsCheckInterval);

  EXPECT_THAT(Call(gateway.get()), IsOk());
  EXPECT_THAT(folder_->Problem(),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_CERTIFICATE"));
}

}  // namespace
}  // namespace crm

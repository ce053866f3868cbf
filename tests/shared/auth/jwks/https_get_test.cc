#include "shared/auth/jwks/https_get.h"

#include <condition_variable>
#include <mutex>

#include "shared/auth/certificate_maker.h"
#include "tests/shared/auth/jwks/key_server.h"
#include "tests/shared/auth/token_forge.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::KeyServer;
using ::crm::testing::ScratchFile;
using ::crm::testing::StatusIs;
using ::testing::HasSubstr;

constexpr size_t kMaxBytes = size_t{64} << 10;

KeyServer::Answer Say(std::string body, int status = 200) {
  return [body = std::move(body), status](const httplib::Request&,
                                          httplib::Response& response) {
    response.status = status;
    response.set_content(body, "application/json");
  };
}

CertificateRequest RequestFor(const std::string& host) {
  CertificateRequest request;
  request.common_name = host;
  request.host_names = {host};
  request.not_before = absl::Now() - absl::Hours(1);
  request.not_after = absl::Now() + absl::Hours(1);
  return request;
}

auto FailsWith(const std::string& why) {
  return ::testing::AllOf(
      StatusIs(absl::StatusCode::kUnavailable, "FETCH_FAILED"),
      ::testing::ResultOf(
          [](const auto& answer) {
            return std::string(answer.status().message());
          },
          HasSubstr(why)));
}

TEST(HttpsGet, FetchesADocument) {
  const KeyServer server(Say("{}"));
  const auto body = HttpsGet(server.Url(), {});
  ASSERT_THAT(body, IsOk());
  EXPECT_EQ(*body, "{}");
}

TEST(HttpsGet, TakesAsMuchAsIsAllowedAndNotOneByteMore) {
  const KeyServer fits(Say(std::string(kMaxBytes, 'x')));
  const KeyServer too_large(Say(std::string(kMaxBytes + 1, 'x')));
  EXPECT_THAT(HttpsGet(fits.Url(), {}), IsOk());
  EXPECT_THAT(HttpsGet(too_large.Url(), {}), FailsWith("larger"));
}

TEST(HttpsGet, FollowsNoRedirect) {
  const KeyServer server(Say("{}"));
  EXPECT_THAT(HttpsGet(server.Url("http", "/moved"), {}), FailsWith("302"));
}

TEST(HttpsGet, TakesNoAnswerButOk) {
  const KeyServer server(Say("{}", 503));
  EXPECT_THAT(HttpsGet(server.Url(), {}), FailsWith("503"));
}

TEST(HttpsGet, GivesUpOnAServerThatHangs) {
  std::mutex mutex;
  std::condition_variable over;
  bool done = false;
  const KeyServer server([&](const httplib::Request&, httplib::Response&) {
    std::unique_lock lock(mutex);
    over.wait(lock, [&] { return done; });
  });
  HttpsGetOptions options;
  options.timeout = absl::Milliseconds(100);
  EXPECT_THAT(HttpsGet(server.Url(), options), FailsWith(""));
  std::lock_guard lock(mutex);
  done = true;
  over.notify_all();
}

TEST(HttpsGet, TrustsTheAuthorityThatItIsGivenAndTheRightNameAlone) {
  const CertifiedKey authority = *MakeAuthority(RequestFor("authority"));
  const ScratchFile ca;
  ca.Write(authority.certificate);
  for (const std::string host : {"localhost", "elsewhere"}) {
    const CertifiedKey identity =
        *IssueCertificate(authority, RequestFor(host));
    const ScratchFile certificate;
    const ScratchFile key;
    certificate.Write(identity.certificate);
    key.Write(identity.private_key);
    const KeyServer server(Say("{}"),
                           std::make_unique<httplib::SSLServer>(
                               certificate.path().c_str(), key.path().c_str()));
    HttpsGetOptions options;
    EXPECT_THAT(HttpsGet(server.Url("https"), options), FailsWith("ertificate"))
        << "The system does not know the authority.";
    options.ca_file = ca.path();
    const auto trusted = HttpsGet(server.Url("https"), options);
    if (host == "localhost") {
      EXPECT_THAT(trusted, IsOk());
    } else {
      EXPECT_THAT(trusted, FailsWith("SSL"));
    }
  }
}

TEST(CheckFetchable, TakesHttpsAndLoopback) {
  for (const char* url :
       {"https://login.example.com/keys", "http://localhost:8080/keys",
        "http://127.0.0.1/keys", "http://[::1]:1/keys"}) {
    EXPECT_THAT(CheckFetchable(url), IsOk()) << url;
  }
  for (const char* url :
       {"", "keys", "http://login.example.com/keys", "http://127.evil.example/",
        "http://127.0.0.1.evil.example/", "http://10.0.0.1/", "file:///etc/x",
        "ftp://localhost/", "https://user:word@login.example.com/keys",
        "https://user@login.example.com/keys"}) {
    EXPECT_THAT(CheckFetchable(url),
                StatusIs(absl::StatusCode::kInvalidArgument, "BAD_URL"))
        << url;
  }
}

}  // namespace
}  // namespace crm

#include "tests/gateway/gateway_fixture.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/auth/private_key.h"

namespace crm::gateway {
namespace {

constexpr char kIssuer[] = "test-issuer";
constexpr char kAudience[] = "crm";

// Returns the name of a file that no other test has.
std::string OwnFile(absl::string_view name) {
  static int count = 0;
  return absl::StrCat(::testing::TempDir(), "/gateway-", getpid(), "-", ++count,
                      "-", name);
}

}  // namespace

GatewayTest::GatewayTest()
    : logger_(clock_, "gateway", LogLevel::kError, STDERR_FILENO) {
  PrivateKey key = *PrivateKey::Generate();
  Settings settings;
  settings.token_keys.file = OwnFile("jwks.json");
  settings.secret_file = OwnFile("secret");
  EXPECT_TRUE(
      AddToKeySetFile(settings.token_keys.file, kIssuer, key.Thumbprint(), key)
          .ok());
  std::ofstream(settings.secret_file, std::ios::binary) << secret_;
  chmod(settings.secret_file.c_str(), 0600);
  signer_ = std::make_unique<TokenSigner>(std::move(key), kIssuer, "",
                                          kAudience, clock_);
  settings.listen = "127.0.0.1:0";
  settings.admin_listen = "127.0.0.1:0";
  settings.issuers = {kIssuer};
  settings.audience = kAudience;
  settings.cors_origins = {"https://crm.example.com"};
  settings.drain = absl::ZeroDuration();
  settings.backends = {{"operational", operational_.address()},
                       {"analytical", analytical_.address()},
                       {"collaborative", collaborative_.address()}};
  auto app = GatewayApp::Create(settings, clock_, logger_);
  EXPECT_TRUE(app.ok()) << app.status();
  app_ = *std::move(app);
  EXPECT_TRUE(app_->Listen().ok());
  thread_ = std::thread([this] { app_->Run(); });
  client_ = std::make_unique<Client>(app_->port());
}

GatewayTest::~GatewayTest() {
  client_.reset();
  app_->Stop();
  thread_.join();
}

Headers GatewayTest::As(const std::vector<std::string>& roles) const {
  const std::string token =
      signer_->Sign({.tenant = "acme", .subject = "user:ada", .roles = roles},
                    absl::Minutes(5));
  return {{"authorization", absl::StrCat("Bearer ", token)}};
}

}  // namespace crm::gateway

// A service with a certificate: who may ask it for what.

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/host/remote_feed.h"
#include "services/operational/app.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"
#include "tests/support/test_certificates.h"

namespace crm {
namespace {

using ::crm::testing::ApiClient;
using ::crm::testing::IsOk;
using ::crm::testing::ServiceHarness;
using ::crm::testing::StatusIs;
using ::crm::testing::TestAuthority;
using ::crm::testing::TestCertificates;

class HostTlsTest : public ::testing::Test {
 protected:
  HostTlsTest()
      : service_(authority_, "operational", operational::MakeOperational,
                 [this](HostSettings& settings) {
                   settings.tls_dir = certificates_.FolderOf("operational");
                   settings.health_listen = "127.0.0.1:0";
                 }) {}

  // Asks for the head of the feed as `caller`, with a system token.
  absl::Status AskForTheFeed(const std::string& caller) {
    const auto tls = *TlsFolder::Open(certificates_.FolderOf(caller), clock_);
    const auto tokens = *SystemTokenSource::Open(
        service_.settings().service_key_file,
        service_.settings().token_audience, caller, clock_);
    RemoteFeed feed("operational",
                    absl::StrCat("127.0.0.1:", service_.host().port()),
                    tls.get(), *tokens, clock_);
    return feed.Head(absl::Seconds(20)).status();
  }

  const TestCertificates certificates_;
  TestAuthority authority_;
  SystemClock clock_;
  ServiceHarness service_;
};

TEST_F(HostTlsTest, F47_GivesItsFeedToTheServicesThatFollowIt) {
  EXPECT_THAT(AskForTheFeed("analytical"), IsOk());
  EXPECT_THAT(AskForTheFeed("collaborative"), IsOk());
}

// A gateway that was taken over has no use for a system token.
TEST_F(HostTlsTest, F47_GivesItsFeedToNobodyElse) {
  for (const char* caller : {"gateway", "operational", "stranger"}) {
    EXPECT_THAT(
        AskForTheFeed(caller),
        StatusIs(absl::StatusCode::kPermissionDenied, "CALLER_NOT_ALLOWED"));
  }
}

TEST_F(HostTlsTest, F47_AnswersNothingInPlaintext) {
  EXPECT_EQ(service_.client()
                .CallBytes(ApiClient::MethodOf("crm.internal.v1.Feed.Head"), "",
                           {.token = authority_.SystemToken()})
                .status.code(),
            absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace crm

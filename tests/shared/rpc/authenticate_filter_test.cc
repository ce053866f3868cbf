#include "shared/rpc/authenticate_filter.h"

#include <unistd.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/auth/key_set_file.h"
#include "shared/auth/private_key.h"
#include "shared/auth/token_signer.h"
#include "shared/base/clock.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;
using ::testing::ElementsAre;

constexpr char kIssuer[] = "https://issuer.test";

// A verifier that trusts one issuer, and that issuer.
class AuthenticateFilterTest : public ::testing::Test {
 protected:
  AuthenticateFilterTest()
      : clock_(absl::FromUnixSeconds(1'700'000'000)),
        path_(absl::StrCat(
            ::testing::TempDir(), "/keys-", getpid(), "-",
            ::testing::UnitTest::GetInstance()->current_test_info()->name())) {
    PrivateKey key = *PrivateKey::Generate();
    EXPECT_THAT(AddToKeySetFile(path_, kIssuer, "k1", key), IsOk());
    keys_ = *KeySetFile::Open(path_, clock_);
    TokenRules rules;
    rules.issuers = {kIssuer};
    rules.audience = "crm";
    verifier_ = std::make_unique<TokenVerifier>(rules, *keys_, clock_);
    filter_ = std::make_unique<AuthenticateFilter>(*verifier_);
    token_ = TokenSigner(std::move(key), kIssuer, "k1", "crm", clock_)
                 .Sign({.tenant = "acme",
                        .subject = "user:ada",
                        .roles = {"sales_rep"}},
                       absl::Minutes(5));
  }

  ~AuthenticateFilterTest() override { unlink(path_.c_str()); }

  absl::Status Begin(Metadata metadata) {
    call_.metadata = std::move(metadata);
    return filter_->Begin(call_);
  }

  FakeClock clock_;
  const std::string path_;
  std::unique_ptr<KeySetFile> keys_;
  std::unique_ptr<TokenVerifier> verifier_;
  std::unique_ptr<AuthenticateFilter> filter_;
  std::string token_;
  Call call_;
};

TEST_F(AuthenticateFilterTest, SetsThePrincipalAndKeepsTheToken) {
  EXPECT_THAT(Begin({{"authorization", absl::StrCat("Bearer ", token_)}}),
              IsOk());

  EXPECT_EQ(call_.context.principal.tenant, "acme");
  EXPECT_EQ(call_.context.principal.subject, "user:ada");
  EXPECT_THAT(call_.context.principal.roles, ElementsAre("sales_rep"));
  EXPECT_FALSE(call_.context.principal.system);
  EXPECT_EQ(call_.context.bearer_token, token_);
}

TEST_F(AuthenticateFilterTest, ReadsTheSchemeInAnyCase) {
  EXPECT_THAT(Begin({{"authorization", absl::StrCat("bearer ", token_)}}),
              IsOk());
}

TEST_F(AuthenticateFilterTest, RefusesACallWithoutABearerToken) {
  for (const char* header : {"", "Bearer ", "Basic YTpi", "Bearer"}) {
    EXPECT_THAT(Begin({{"authorization", header}}),
                StatusIs(absl::StatusCode::kUnauthenticated, "TOKEN_MISSING"))
        << header;
  }
  EXPECT_THAT(Begin({}),
              StatusIs(absl::StatusCode::kUnauthenticated, "TOKEN_MISSING"));
}

TEST_F(AuthenticateFilterTest, RefusesATokenThatIsNotGood) {
  EXPECT_THAT(Begin({{"authorization", "Bearer nonsense"}}),
              StatusIs(absl::StatusCode::kUnauthenticated, "TOKEN_MALFORMED"));
  clock_.Advance(absl::Minutes(10));
  EXPECT_THAT(Begin({{"authorization", absl::StrCat("Bearer ", token_)}}),
              StatusIs(absl::StatusCode::kUnauthenticated, "TOKEN_EXPIRED"));
}

TEST_F(AuthenticateFilterTest, TakesAllConsistencyTokens) {
  EXPECT_THAT(Begin({{"authorization", absl::StrCat("Bearer ", token_)},
                     {"crm-token", "t1"},
                     {"crm-token", "t2"}}),
              IsOk());

  EXPECT_THAT(call_.context.consistency_tokens, ElementsAre("t1", "t2"));
}

TEST_F(AuthenticateFilterTest, BoundsTheConsistencyTokens) {
  Metadata metadata{{"authorization", absl::StrCat("Bearer ", token_)}};
  for (int i = 0; i < 17; ++i) metadata.emplace_back("crm-token", "t");

  EXPECT_THAT(Begin(metadata), StatusIs(absl::StatusCode::kInvalidArgument,
                                        "TOO_MANY_CONSISTENCY_TOKENS"));
}

}  // namespace
}  // namespace crm

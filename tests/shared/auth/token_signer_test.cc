#include "shared/auth/token_signer.h"

#include "shared/auth/key_set_file.h"
#include "shared/auth/token_verifier.h"
#include "tests/shared/auth/token_forge.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::ScratchFile;
using ::crm::testing::StatusIs;
using ::testing::ElementsAre;

class TokenSignerTest : public ::testing::Test {
 protected:
  TokenSignerTest() {
    PrivateKey key = *PrivateKey::Generate();
    EXPECT_THAT(AddToKeySetFile(set_file_.path(), "dev", "k1", key), IsOk());
    EXPECT_THAT(AddToKeySetFile(set_file_.path(), kServicesIssuer,
                                key.Thumbprint(), key),
                IsOk());
    EXPECT_THAT(key.WriteFile(key_file_.path()), IsOk());
    keys_ = *KeySetFile::Open(set_file_.path(), clock_);
    verifier_ = std::make_unique<TokenVerifier>(
        TokenRules{.issuers = {"dev"}, .audience = "crm"}, *keys_, clock_);
    signer_ = std::make_unique<TokenSigner>(std::move(key), "dev", "k1", "crm",
                                            clock_);
  }

  FakeClock clock_{absl::FromUnixMicros(1'700'000'000'999'999)};
  ScratchFile set_file_;
  ScratchFile key_file_;
  std::unique_ptr<KeySetFile> keys_;
  std::unique_ptr<TokenVerifier> verifier_;
  std::unique_ptr<TokenSigner> signer_;
};

TEST_F(TokenSignerTest, SignsTokensThatAreVerified) {
  const auto principal = verifier_->Verify(signer_->Sign(
      {.tenant = "acme", .subject = "user:ada", .roles = {"a", "b"}},
      absl::Hours(1)));

  ASSERT_THAT(principal, IsOk());
  EXPECT_EQ(principal->tenant, "acme");
  EXPECT_EQ(principal->subject, "user:ada");
  EXPECT_THAT(principal->roles, ElementsAre("a", "b"));
  EXPECT_FALSE(principal->system);
}

TEST_F(TokenSignerTest, NeverSignsTheSameTokenTwice) {
  const TokenSubject ada = {.tenant = "acme", .subject = "user:ada"};

  EXPECT_NE(signer_->Sign(ada, absl::Hours(1)),
            signer_->Sign(ada, absl::Hours(1)));
}

TEST_F(TokenSignerTest, CannotMakeAUserSystem) {
  EXPECT_THAT(verifier_->Verify(signer_->Sign(
                  {.tenant = "acme", .subject = "u", .roles = {"system"}},
                  absl::Minutes(5))),
              StatusIs(absl::StatusCode::kUnauthenticated, "TOKEN_ROLES"));
}

TEST_F(TokenSignerTest, GivesAProcessTheSystemPrincipal) {
  const auto source =
      SystemTokenSource::Open(key_file_.path(), "crm", "analytical", clock_);
  ASSERT_THAT(source, IsOk());

  const auto principal = verifier_->Verify((*source)->Token());

  ASSERT_THAT(principal, IsOk());
  EXPECT_TRUE(principal->system);
  EXPECT_EQ(principal->tenant, "system");
  EXPECT_EQ(principal->subject, "system:analytical");
  EXPECT_THAT(principal->roles, ElementsAre("system"));
}

TEST_F(TokenSignerTest, RenewsASystemTokenAMinuteBeforeItsEnd) {
  const auto source =
      *SystemTokenSource::Open(key_file_.path(), "crm", "gateway", clock_);
  const std::string first = source->Token();

  clock_.Advance(absl::Minutes(4) - absl::Seconds(1));
  EXPECT_EQ(source->Token(), first);

  clock_.Advance(absl::Seconds(1));
  const std::string second = source->Token();
  EXPECT_NE(second, first);
  EXPECT_THAT(verifier_->Verify(second), IsOk());
}

TEST_F(TokenSignerTest, F31_RenewsASystemTokenWhenTheWallClockIsSet) {
  const auto source =
      *SystemTokenSource::Open(key_file_.path(), "crm", "gateway", clock_);
  for (const absl::Duration step : {-absl::Hours(2), absl::Hours(5)}) {
    const std::string before = source->Token();

    clock_.SetNow(clock_.Now() + step);

    EXPECT_NE(source->Token(), before);
    EXPECT_THAT(verifier_->Verify(source->Token()), IsOk());
  }
}

TEST_F(TokenSignerTest, NeedsItsKeyFile) {
  EXPECT_THAT(
      SystemTokenSource::Open("/nonexistent/key", "crm", "gateway", clock_),
      StatusIs(absl::StatusCode::kFailedPrecondition, "KEY_FILE_UNREADABLE"));
}

}  // namespace
}  // namespace crm

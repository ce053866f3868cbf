#include "shared/auth/tls_folder.h"

#include <sys/stat.h>

#include <filesystem>
#include <vector>

#include "tests/support/matchers.h"
#include "tests/support/test_certificates.h"

namespace crm {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::kTestSpace;
using ::crm::testing::StatusIs;
using ::crm::testing::TestCertificates;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class TlsFolderTest : public ::testing::Test {
 protected:
  TlsFolderTest() : path_(certificates_.FolderOf("gateway")) {
    folder_ = *TlsFolder::Open(
        path_, clock_,
        [this](const absl::Status& status) { changes_.push_back(status); });
  }

  std::shared_ptr<const TlsIdentity> Look() {
    clock_.Advance(kTlsCheckInterval);
    return folder_->Get();
  }

  const TestCertificates certificates_;
  FakeClock clock_{absl::Now()};
  const std::string path_;
  std::vector<absl::Status> changes_;
  std::unique_ptr<TlsFolder> folder_;
};

TEST_F(TlsFolderTest, FollowsTheFolder) {
  EXPECT_EQ(folder_->Get()->self.service, "gateway");
  certificates_.Replace(path_, certificates_.IssueTo("operational"),
                        certificates_.authority());

  EXPECT_EQ(Look()->self.service, "operational");
  EXPECT_THAT(changes_, ElementsAre(IsOk()));
}

TEST_F(TlsFolderTest, LooksAtMostOnceASecond) {
  const auto before = folder_->Get();
  certificates_.Replace(path_, certificates_.IssueTo("gateway"),
                        certificates_.authority());

  clock_.Advance(kTlsCheckInterval - absl::Milliseconds(1));
  EXPECT_EQ(folder_->Get(), before);
  clock_.Advance(absl::Milliseconds(1));
  EXPECT_NE(folder_->Get(), before);
}

TEST_F(TlsFolderTest, KeepsTheSameIdentityWhileTheFilesAreTheSame) {
  const auto before = folder_->Get();

  EXPECT_EQ(Look(), before);
  EXPECT_THAT(changes_, IsEmpty());
}

TEST_F(TlsFolderTest, F46_KeepsTheGoodIdentityWhenTheFilesGoBadAndSaysSo) {
  const auto good = folder_->Get();
  CertifiedKey mixed = certificates_.IssueTo("gateway");
  mixed.private_key = certificates_.IssueTo("gateway").private_key;
  certificates_.Replace(path_, mixed, certificates_.authority());

  EXPECT_EQ(Look(), good);
  EXPECT_THAT(changes_, ElementsAre(StatusIs(absl::StatusCode::kInvalidArgument,
                                             "BAD_CERTIFICATE")));
  EXPECT_EQ(Look(), good);
  EXPECT_EQ(changes_.size(), 1) << "Said once.";
  EXPECT_FALSE(folder_->Problem().ok());

  certificates_.Replace(path_, certificates_.IssueTo("gateway"),
                        certificates_.authority());
  EXPECT_NE(Look(), good);
  EXPECT_THAT(folder_->Problem(), IsOk());
}

TEST_F(TlsFolderTest, F46_KeepsTheGoodIdentityWhenAFileIsGone) {
  const auto good = folder_->Get();
  std::filesystem::remove(path_ + "/tls.key");

  EXPECT_EQ(Look(), good);
  EXPECT_THAT(changes_,
              ElementsAre(StatusIs(absl::StatusCode::kFailedPrecondition,
                                   "FILE_UNREADABLE")));
}

TEST_F(TlsFolderTest, RefusesAKeyThatEverybodyMayRead) {
  chmod((path_ + "/tls.key").c_str(), 0644);

  EXPECT_THAT(
      TlsFolder::Open(path_, clock_),
      StatusIs(absl::StatusCode::kFailedPrecondition, "FILE_NOT_PRIVATE"));
}

TEST_F(TlsFolderTest, DoesNotOpenWithoutAGoodIdentity) {
  EXPECT_THAT(
      TlsFolder::Open(path_ + "/nowhere", clock_),
      StatusIs(absl::StatusCode::kFailedPrecondition, "FILE_UNREADABLE"));
  const std::string expired = certificates_.Folder(
      certificates_.Issue("spiffe://crm/ns/test/sa/gateway",
                          absl::Now() - absl::Minutes(1)),
      certificates_.authority());
  EXPECT_THAT(TlsFolder::Open(expired, clock_),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_CERTIFICATE"));
}

}  // namespace
}  // namespace crm

#include "shared/auth/tls_identity.h"

#include "absl/strings/str_cat.h"
#include "tests/support/matchers.h"
#include "tests/support/test_certificates.h"

namespace crm {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::kTestSpace;
using ::crm::testing::StatusIs;
using ::crm::testing::TestCertificates;
using ::testing::HasSubstr;
using ::testing::Not;

class TlsIdentityTest : public ::testing::Test {
 protected:
  absl::Status Problem(const CertifiedKey& key, absl::string_view authorities,
                       absl::Time now = absl::Now()) {
    return ParseTlsIdentity(key.certificate, key.private_key, authorities, now)
        .status();
  }

  TestCertificates certificates_;
};

TEST_F(TlsIdentityTest, SaysWhoseItIsAndHowLong) {
  const absl::Time end =
      absl::FromUnixSeconds(absl::ToUnixSeconds(absl::Now() + absl::Hours(1)));
  const CertifiedKey key =
      certificates_.Issue("spiffe://crm/ns/test/sa/operational", end);

  const auto identity = ParseTlsIdentity(
      key.certificate, key.private_key, certificates_.authority(), absl::Now());

  ASSERT_THAT(identity, IsOk());
  EXPECT_EQ(identity->self, (ServiceIdentity{kTestSpace, "operational"}));
  EXPECT_EQ(identity->not_after, end);
}

TEST_F(TlsIdentityTest, MayBeSignedByOneOfSeveralAuthorities) {
  const TestCertificates other;

  EXPECT_THAT(
      Problem(certificates_.IssueTo("gateway"),
              absl::StrCat(other.authority(), certificates_.authority())),
      IsOk());
}

TEST_F(TlsIdentityTest, MustHoldNow) {
  const CertifiedKey key = certificates_.IssueTo("gateway");

  for (const absl::Duration off : {absl::Hours(2), -absl::Hours(25)}) {
    const absl::Status status =
        Problem(key, certificates_.authority(), absl::Now() + off);
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument,
                                 "BAD_CERTIFICATE"));
    EXPECT_THAT(std::string(status.message()), HasSubstr("does not hold"));
  }
}

TEST_F(TlsIdentityTest, MustBeSignedByTheAuthority) {
  const TestCertificates other;

  EXPECT_THAT(Problem(other.IssueTo("gateway"), certificates_.authority()),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_CERTIFICATE"));
}

TEST_F(TlsIdentityTest, MustFitItsKey) {
  CertifiedKey key = certificates_.IssueTo("gateway");
  key.private_key = certificates_.IssueTo("gateway").private_key;

  const absl::Status status = Problem(key, certificates_.authority());

  EXPECT_THAT(status,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_CERTIFICATE"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("does not belong"));
}

TEST_F(TlsIdentityTest, MustNameAService) {
  for (const char* uri : {"https://example.org/", "spiffe://crm/ns/x"}) {
    EXPECT_THAT(Problem(certificates_.Issue(uri), certificates_.authority()),
                StatusIs(absl::StatusCode::kInvalidArgument, "BAD_CERTIFICATE"))
        << uri;
  }
}

TEST_F(TlsIdentityTest, IsNotMadeOfNoise) {
  const CertifiedKey good = certificates_.IssueTo("gateway");
  CertifiedKey cut = good;
  cut.certificate.resize(cut.certificate.size() / 2);
  CertifiedKey tail = good;
  absl::StrAppend(&tail.certificate,
                  "-----BEGIN CERTIFICATE-----\nAAAA\n"
                  "-----END CERTIFICATE-----\n");
  for (const CertifiedKey& key :
       {CertifiedKey{"", good.private_key}, CertifiedKey{good.certificate, ""},
        CertifiedKey{"\x01\x02", "\x03"}, cut, tail,
        CertifiedKey{good.private_key, good.certificate}}) {
    EXPECT_THAT(
        Problem(key, certificates_.authority()),
        StatusIs(absl::StatusCode::kInvalidArgument, "BAD_CERTIFICATE"));
  }
  EXPECT_THAT(Problem(good, ""), Not(IsOk()));
  EXPECT_THAT(Problem(good, certificates_.authority()), IsOk());
}

}  // namespace
}  // namespace crm

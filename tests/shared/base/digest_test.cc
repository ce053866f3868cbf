#include "shared/base/digest.h"

#include "absl/strings/escaping.h"
#include "gmock/gmock.h"

namespace crm {
namespace {

// The example of FIPS 180-2, appendix B.1.
TEST(Sha256, MatchesThePublishedExample) {
  EXPECT_EQ(absl::BytesToHexString(Sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223"
            "b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, TakesNothingAndZeroBytes) {
  EXPECT_EQ(absl::BytesToHexString(Sha256("")),
            "e3b0c44298fc1c149afbf4c8996fb924"
            "27ae41e4649b934ca495991b7852b855");
  EXPECT_NE(Sha256(absl::string_view("a\0b", 3)), Sha256("a"));
}

// Test case 2 of RFC 4231.
TEST(HmacSha256, MatchesThePublishedExample) {
  EXPECT_EQ(absl::BytesToHexString(
                HmacSha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c7"
            "5a003f089d2739839dec58b964ec3843");
}

TEST(HmacSha256, TakesAnEmptyKey) {
  EXPECT_EQ(absl::BytesToHexString(HmacSha256("", "")),
            "b613679a0814d9ec772f95d778c35fc5"
            "ff1697c493715653c6c712144292c5ad");
}

TEST(ConstantTimeEqual, ComparesLengthAndEveryByte) {
  EXPECT_TRUE(ConstantTimeEqual("", ""));
  EXPECT_TRUE(ConstantTimeEqual("same", "same"));
  EXPECT_FALSE(ConstantTimeEqual("same", "sama"));
  EXPECT_FALSE(ConstantTimeEqual("same", "Same"));
  EXPECT_FALSE(ConstantTimeEqual("same", "same "));
  EXPECT_FALSE(ConstantTimeEqual(absl::string_view("a\0b", 3),
                                 absl::string_view("a\0c", 3)));
}

TEST(StableHash, StaysAsItIsOnEveryMachine) {
  EXPECT_EQ(StableHash("abc"), 0xba7816bf8f01cfeaULL);
}

}  // namespace
}  // namespace crm

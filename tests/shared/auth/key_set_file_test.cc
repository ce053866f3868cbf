#include "shared/auth/key_set_file.h"

#include <unistd.h>

#include "tests/shared/auth/token_forge.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::ForgeKey;
using ::crm::testing::IsOk;
using ::crm::testing::ScratchFile;
using ::crm::testing::StatusIs;
using ::testing::IsNull;
using ::testing::NotNull;

std::string SetWith(const std::string& key_id) {
  static const ForgeKey key = ForgeKey::Ed25519();
  return nlohmann::json{{"keys", {key.Jwk("i", key_id, "EdDSA")}}}.dump();
}

class KeySetFileTest : public ::testing::Test {
 protected:
  KeySetFileTest() {
    file_.Write(SetWith("old"));
    keys_ = *KeySetFile::Open(file_.path(), clock_);
  }

  void LetTheFileBeLookedAt() { clock_.Advance(kKeySetCheckInterval); }

  ScratchFile file_;
  FakeClock clock_{absl::UnixEpoch()};
  std::unique_ptr<KeySetFile> keys_;
};

TEST_F(KeySetFileTest, FollowsTheFile) {
  EXPECT_THAT(keys_->Get()->Find("i", "old"), NotNull());
  file_.Write(SetWith("new"));

  LetTheFileBeLookedAt();

  EXPECT_THAT(keys_->Get()->Find("i", "old"), IsNull());
  EXPECT_THAT(keys_->Get()->Find("i", "new"), NotNull());
}

TEST_F(KeySetFileTest, LooksAtTheFileOnceASecond) {
  file_.Write(SetWith("new"));

  clock_.Advance(kKeySetCheckInterval - absl::Milliseconds(1));
  EXPECT_THAT(keys_->Get()->Find("i", "new"), IsNull());

  clock_.Advance(absl::Milliseconds(1));
  EXPECT_THAT(keys_->Get()->Find("i", "new"), NotNull());
}

TEST_F(KeySetFileTest, KeepsTheSameSetWhileTheFileIsTheSame) {
  const auto before = keys_->Get();

  LetTheFileBeLookedAt();

  EXPECT_EQ(keys_->Get(), before);
}

TEST_F(KeySetFileTest, F46_KeepsTheGoodKeysWhenTheFileGoesBad) {
  const auto good = keys_->Get();
  for (const char* bad : {"", "{", R"({"keys":[{"kty":"oct"}]})"}) {
    file_.Write(bad);
    LetTheFileBeLookedAt();

    EXPECT_EQ(keys_->Get(), good) << bad;
    EXPECT_THAT(keys_->Problem(),
                StatusIs(absl::StatusCode::kInvalidArgument, "BAD_KEY_SET"));
  }

  file_.Write(SetWith("new"));
  LetTheFileBeLookedAt();
  EXPECT_THAT(keys_->Get()->Find("i", "new"), NotNull());
  EXPECT_THAT(keys_->Problem(), IsOk());
}

TEST_F(KeySetFileTest, F46_KeepsTheGoodKeysWhenTheFileIsGone) {
  const auto good = keys_->Get();
  unlink(file_.path().c_str());

  LetTheFileBeLookedAt();

  EXPECT_EQ(keys_->Get(), good);
  EXPECT_THAT(keys_->Problem(), StatusIs(absl::StatusCode::kFailedPrecondition,
                                         "KEY_FILE_UNREADABLE"));
}

TEST(KeySetFile, DoesNotStartWithoutGoodKeys) {
  const FakeClock clock(absl::UnixEpoch());
  const ScratchFile file;
  EXPECT_THAT(
      KeySetFile::Open(file.path(), clock),
      StatusIs(absl::StatusCode::kFailedPrecondition, "KEY_FILE_UNREADABLE"));

  file.Write("{}");
  EXPECT_THAT(KeySetFile::Open(file.path(), clock),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_KEY_SET"));
}

}  // namespace
}  // namespace crm

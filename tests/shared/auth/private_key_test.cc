#include "shared/auth/private_key.h"

#include <sys/stat.h>

#include "shared/auth/key_set.h"
#include "shared/auth/key_set_file.h"
#include "tests/shared/auth/token_forge.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::ForgeKey;
using ::crm::testing::IsOk;
using ::crm::testing::ScratchFile;
using ::crm::testing::StatusIs;
using ::testing::NotNull;

constexpr auto kPrecondition = absl::StatusCode::kFailedPrecondition;

TEST(PrivateKey, ComesBackFromItsFile) {
  const ScratchFile file;
  const auto key = PrivateKey::Generate();
  ASSERT_THAT(key, IsOk());

  ASSERT_THAT(key->WriteFile(file.path()), IsOk());
  const auto read = PrivateKey::ReadFile(file.path());

  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(read->PublicBytes(), key->PublicBytes());
  EXPECT_EQ(read->Sign("data"), key->Sign("data"));
  EXPECT_EQ(read->Thumbprint(), key->Thumbprint());
  struct stat state {};
  ASSERT_EQ(stat(file.path().c_str(), &state), 0);
  EXPECT_EQ(state.st_mode & 07777, mode_t{0400});
}

TEST(PrivateKey, IsAnotherOneEachTime) {
  EXPECT_NE(PrivateKey::Generate()->PublicBytes(),
            PrivateKey::Generate()->PublicBytes());
}

TEST(PrivateKey, ReplacesNoFile) {
  const ScratchFile file;
  file.Write("precious");

  EXPECT_THAT(PrivateKey::Generate()->WriteFile(file.path()),
              StatusIs(kPrecondition, "KEY_FILE_EXISTS"));
  EXPECT_THAT(PrivateKey::Generate()->WriteFile("/nonexistent/key"),
              StatusIs(kPrecondition, "KEY_FILE_UNWRITABLE"));
}

TEST(PrivateKey, RefusesAFileThatEverybodyMayRead) {
  const ScratchFile file;
  ASSERT_THAT(PrivateKey::Generate()->WriteFile(file.path()), IsOk());
  ASSERT_THAT(PrivateKey::ReadFile(file.path()), IsOk());
  chmod(file.path().c_str(), 0404);

  EXPECT_THAT(PrivateKey::ReadFile(file.path()),
              StatusIs(kPrecondition, "FILE_NOT_PRIVATE"));
}

TEST(PrivateKey, RefusesFilesThatHoldNone) {
  const ScratchFile file;
  EXPECT_THAT(PrivateKey::ReadFile(file.path()),
              StatusIs(kPrecondition, "KEY_FILE_UNREADABLE"));

  file.Write(ForgeKey::Ed25519().PublicPem());
  EXPECT_THAT(PrivateKey::ReadFile(file.path()),
              StatusIs(kPrecondition, "KEY_FILE_UNREADABLE"));
}

TEST(AddToKeySetFile, MakesTheSetAndThenAddsToIt) {
  const ScratchFile file;
  const auto first = PrivateKey::Generate();
  const auto second = PrivateKey::Generate();
  const FakeClock clock(absl::UnixEpoch());

  ASSERT_THAT(AddToKeySetFile(file.path(), "i", "1", *first), IsOk());
  ASSERT_THAT(AddToKeySetFile(file.path(), "i", "2", *second), IsOk());

  const auto keys = (*KeySetFile::Open(file.path(), clock))->Get();
  EXPECT_EQ(keys->size(), 2u);
  ASSERT_THAT(keys->Find("i", "2"), NotNull());
  EXPECT_TRUE(keys->Find("i", "1")->Verify("data", first->Sign("data")));
  EXPECT_TRUE(keys->Find("i", "2")->Verify("data", second->Sign("data")));
  EXPECT_FALSE(keys->Find("i", "2")->Verify("data", first->Sign("data")));
}

TEST(AddToKeySetFile, ReplacesNoKeyAndNoOtherFile) {
  const ScratchFile file;
  const auto key = PrivateKey::Generate();
  ASSERT_THAT(AddToKeySetFile(file.path(), "i", "1", *key), IsOk());

  EXPECT_THAT(AddToKeySetFile(file.path(), "i", "1", *key),
              StatusIs(absl::StatusCode::kAlreadyExists, "KEY_EXISTS"));

  file.Write("something else");
  EXPECT_THAT(AddToKeySetFile(file.path(), "i", "2", *key),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_KEY_SET"));
}

}  // namespace
}  // namespace crm

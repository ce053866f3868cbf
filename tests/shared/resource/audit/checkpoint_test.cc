#include "shared/resource/audit/checkpoint.h"

#include "tests/shared/resource/audit/chains.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::CheckpointOf;
using ::crm::testing::DumpOf;
using ::crm::testing::IsOk;
using ::crm::testing::KeysOf;
using ::crm::testing::StatusIs;

class CheckpointTest : public ::testing::Test {
 protected:
  const PrivateKey key_ = *PrivateKey::Generate();
  const Checkpoint checkpoint_ =
      CheckpointOf(DumpOf("operational", "acme", 3), key_);
};

TEST_F(CheckpointTest, ComesBackFromItsLine) {
  const auto back = ParseCheckpoint(FormatCheckpoint(checkpoint_));

  ASSERT_THAT(back, IsOk());
  EXPECT_EQ(FormatCheckpoint(*back), FormatCheckpoint(checkpoint_));
  EXPECT_THAT(VerifyCheckpoint(*back, KeysOf(key_)), IsOk());
}

TEST_F(CheckpointTest, EveryPartOfItIsSigned) {
  for (const auto& change : std::vector<void (*)(Checkpoint&)>{
           [](Checkpoint& c) { c.service = "analytical"; },
           [](Checkpoint& c) { c.tenant = "globex"; },
           [](Checkpoint& c) { c.n = 2; },
           [](Checkpoint& c) { c.hash[0] ^= 1; },
           [](Checkpoint& c) { c.time = "2027"; },
           [](Checkpoint& c) { c.signature[0] ^= 1; },
           // The same text, parted elsewhere.
           [](Checkpoint& c) {
             c.service = "operational\nacme";
             c.tenant = "3";
           }}) {
    Checkpoint changed = checkpoint_;
    change(changed);
    EXPECT_THAT(
        VerifyCheckpoint(changed, KeysOf(key_)),
        StatusIs(absl::StatusCode::kUnauthenticated, "CHECKPOINT_SIGNATURE"));
  }
}

TEST_F(CheckpointTest, AnUnknownKeyIsNamed) {
  EXPECT_THAT(VerifyCheckpoint(checkpoint_, KeysOf(*PrivateKey::Generate())),
              StatusIs(absl::StatusCode::kUnauthenticated, "CHECKPOINT_KEY"));
}

TEST_F(CheckpointTest, OtherTextIsNone) {
  for (const char* bad : {"", "{}", "[]", "{\"service\":1}"}) {
    EXPECT_THAT(ParseCheckpoint(bad),
                StatusIs(absl::StatusCode::kInvalidArgument, "BAD_CHECKPOINT"));
  }
}

}  // namespace
}  // namespace crm

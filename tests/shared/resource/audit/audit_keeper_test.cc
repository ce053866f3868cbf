#include "shared/resource/audit/audit_keeper.h"

#include <unistd.h>

#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/resource/audit/audit_verifier.h"
#include "shared/resource/audit/denial_log.h"
#include "shared/resource/audit/read_log.h"
#include "tests/shared/resource/audit/chains.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::AuditStore;
using ::crm::testing::IsOk;
using ::crm::testing::KeysOf;
using ::crm::testing::StatusIs;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class AuditKeeperTest : public ::testing::Test {
 protected:
  AuditKeeperTest() {
    AuditKeeper::Options options;
    options.service = "operational";
    PrivateKey key = *PrivateKey::Generate();
    keys_ = KeysOf(key);
    options.key = std::move(key);
    options.sink = [this](const std::string& line) {
      if (!sink_status_.ok()) return sink_status_;
      lines_.push_back(line);
      return absl::OkStatus();
    };
    keeper_.emplace(store_.database(), store_.catalog(),
                    std::vector<AuditSource*>{&denials_, &reads_},
                    store_.clock(), logger_, std::move(options));
  }

  AuditStore store_;
  Logger logger_{store_.clock(), "test", LogLevel::kError, STDERR_FILENO};
  DenialLog denials_{"operational", store_.ids(), store_.clock()};
  ReadLog reads_{"operational", store_.ids(), ReadLog::Recorded::kEveryone};
  std::optional<KeySet> keys_;
  absl::Status sink_status_;
  std::vector<std::string> lines_;
  std::optional<AuditKeeper> keeper_;
};

TEST_F(AuditKeeperTest, ChainsWhatWasWritten) {
  for (int i = 0; i < 3; ++i) store_.Write("acme");

  EXPECT_THAT(keeper_->Advance(), IsOk());

  EXPECT_THAT(store_.Dump("acme"), SizeIs(3));
}

TEST_F(AuditKeeperTest, WritesDownAndChainsWhatWasDenied) {
  Call call;
  call.context.principal.tenant = "acme";
  call.context.principal.subject = "user:ada";
  denials_.End(call, PermissionDenied("NO_RIGHT", "No."));

  EXPECT_THAT(keeper_->Advance(), IsOk());

  EXPECT_THAT(store_.Dump("acme"), SizeIs(1));
}

TEST_F(AuditKeeperTest, SignsEachHeadThatHasMovedOnce) {
  store_.Write("acme");
  store_.Write("globex");
  ASSERT_THAT(keeper_->Advance(), IsOk());
  ASSERT_THAT(keeper_->GiveCheckpoint(), IsOk());
  EXPECT_THAT(lines_, SizeIs(2));
  ASSERT_THAT(keeper_->GiveCheckpoint(), IsOk());
  EXPECT_THAT(lines_, SizeIs(2)) << "Nothing has moved.";

  store_.Write("acme");
  ASSERT_THAT(keeper_->Advance(), IsOk());
  ASSERT_THAT(keeper_->GiveCheckpoint(), IsOk());

  ASSERT_THAT(lines_, SizeIs(3));
  AuditVerifier verifier;
  for (const std::string& line : store_.Dump("acme")) {
    ASSERT_THAT(verifier.ReadLine(line), IsOk());
  }
  EXPECT_THAT(verifier.Check(*ParseCheckpoint(lines_[2]), *keys_), IsOk());
  EXPECT_EQ(verifier.uncovered(), 0);
}

TEST_F(AuditKeeperTest, TriesACheckpointAgainThatWasNotTaken) {
  store_.Write("acme");
  ASSERT_THAT(keeper_->Advance(), IsOk());
  sink_status_ = Unavailable("FULL", "No.");
  EXPECT_THAT(keeper_->GiveCheckpoint(),
              StatusIs(absl::StatusCode::kUnavailable, "FULL"));
  sink_status_ = absl::OkStatus();

  EXPECT_THAT(keeper_->GiveCheckpoint(), IsOk());

  EXPECT_THAT(lines_, SizeIs(1));
}

TEST_F(AuditKeeperTest, LeavesNothingUnchainedOrUnsignedWhenItStops) {
  keeper_->Start();
  store_.Write("acme");
  Call call;
  call.context.principal.tenant = "acme";
  call.context.principal.subject = "user:ada";
  for (int i = 0; i < 2 * kDenialsAMinute; ++i) {
    denials_.End(call, PermissionDenied("NO_RIGHT", "No."));
  }

  keeper_->Stop();

  const auto dump = store_.Dump("acme");
  EXPECT_THAT(dump, SizeIs(1 + kDenialsAMinute + 1));
  ASSERT_FALSE(lines_.empty());
  EXPECT_EQ(ParseCheckpoint(lines_.back())->n,
            static_cast<int64_t>(dump.size()));
}

TEST(CheckpointSink, AppendsLinesToAFile) {
  std::string path = "/tmp/crm-checkpoints-XXXXXX";
  close(mkstemp(path.data()));
  for (const char* line : {"one", "two"}) {
    const auto sink = CheckpointSink(path);
    ASSERT_THAT(sink, IsOk());
    EXPECT_THAT((*sink)(line), IsOk());
  }
  std::ifstream file(path);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}),
            "one\ntwo\n");
  unlink(path.c_str());

  EXPECT_THAT(CheckpointSink(path + "/nowhere"),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       "CHECKPOINTS_UNWRITABLE"));
}

}  // namespace
}  // namespace crm

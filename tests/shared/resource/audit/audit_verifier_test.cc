#include "shared/resource/audit/audit_verifier.h"

#include "absl/strings/str_cat.h"
#include "shared/resource/audit/audit_record.h"
#include "shared/resource/audit/dump_line.h"
#include "tests/shared/resource/audit/chains.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::CheckpointOf;
using ::crm::testing::DumpOf;
using ::crm::testing::IsOk;
using ::crm::testing::KeysOf;
using ::crm::testing::StatusIs;
using ::testing::HasSubstr;

using Lines = std::vector<std::string>;

absl::Status ReadAll(AuditVerifier& verifier, const Lines& lines) {
  for (const std::string& line : lines) {
    if (absl::Status status = verifier.ReadLine(line); !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

// Matches the error that names record `n` as the first that is wrong.
auto BrokenAt(int64_t n) {
  return ::testing::AllOf(
      StatusIs(absl::StatusCode::kDataLoss, "AUDIT_BROKEN"),
      ::testing::ResultOf(
          [](const absl::Status& status) {
            return std::string(status.message());
          },
          HasSubstr(absl::StrCat("broken at record ", n, ":"))));
}

class AuditVerifierTest : public ::testing::Test {
 protected:
  absl::Status Verify(const Lines& lines) {
    AuditVerifier verifier;
    return ReadAll(verifier, lines);
  }

  const PrivateKey key_ = *PrivateKey::Generate();
  const Lines dump_ = DumpOf("operational", "acme", 20);
};

TEST_F(AuditVerifierTest, AcceptsAChainAsItWasWritten) {
  AuditVerifier verifier;

  EXPECT_THAT(ReadAll(verifier, dump_), IsOk());
  EXPECT_EQ(verifier.records(), 20);
  EXPECT_EQ(verifier.uncovered(), 20);
  EXPECT_THAT(verifier.Check(CheckpointOf(dump_, key_), KeysOf(key_)), IsOk());
  EXPECT_EQ(verifier.uncovered(), 0);
}

TEST_F(AuditVerifierTest, KeepsChainsApart) {
  AuditVerifier verifier;
  const Lines other = DumpOf("operational", "globex", 3);

  for (size_t i = 0; i < 3; ++i) {
    EXPECT_THAT(verifier.ReadLine(dump_[i]), IsOk());
    EXPECT_THAT(verifier.ReadLine(other[i]), IsOk());
  }
  EXPECT_EQ(verifier.chains(), 2);
}

TEST_F(AuditVerifierTest, NamesTheRecordInWhichAnyByteWasFlipped) {
  const DumpLine good = *ParseDumpLine(dump_[6]);
  for (size_t i = 0; i < good.record.size(); ++i) {
    DumpLine flipped = good;
    flipped.record[i] = static_cast<char>(flipped.record[i] ^ 1);
    Lines lines = dump_;
    lines[6] = FormatDumpLine(flipped);
    EXPECT_THAT(Verify(lines), BrokenAt(7)) << i;
  }
  DumpLine flipped = good;
  flipped.hash[31] = static_cast<char>(flipped.hash[31] ^ 0x80);
  Lines lines = dump_;
  lines[6] = FormatDumpLine(flipped);
  EXPECT_THAT(Verify(lines), BrokenAt(7));
}

// A byte of the text itself: the line does not parse, or says something else.
TEST_F(AuditVerifierTest, NoFlippedBitOfTheTextGoesUnnoticed) {
  for (size_t i = 0; i < dump_[6].size(); ++i) {
    Lines lines = dump_;
    lines[6][i] = static_cast<char>(lines[6][i] ^ 4);
    EXPECT_FALSE(Verify(lines).ok()) << i;
  }
}

TEST_F(AuditVerifierTest, NamesTheRecordThatWasDropped) {
  for (const size_t dropped : {size_t{0}, size_t{6}, size_t{18}}) {
    Lines lines = dump_;
    lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(dropped));
    EXPECT_THAT(Verify(lines), BrokenAt(static_cast<int64_t>(dropped) + 1));
  }
}

TEST_F(AuditVerifierTest, NamesTheFirstOfRecordsThatChangedPlaces) {
  Lines lines = dump_;
  std::swap(lines[4], lines[9]);

  EXPECT_THAT(Verify(lines), BrokenAt(5));

  // The same with the numbers in order.
  DumpLine early = *ParseDumpLine(dump_[9]);
  DumpLine late = *ParseDumpLine(dump_[4]);
  std::swap(early.n, late.n);
  lines[4] = FormatDumpLine(early);
  lines[9] = FormatDumpLine(late);
  EXPECT_THAT(Verify(lines), BrokenAt(5));
}

TEST_F(AuditVerifierTest, NamesTheRecordWhoseEntryIsGone) {
  DumpLine gone = *ParseDumpLine(dump_[6]);
  gone.record.clear();
  Lines lines = dump_;
  lines[6] = FormatDumpLine(gone);

  EXPECT_THAT(Verify(lines), BrokenAt(7));
}

TEST_F(AuditVerifierTest, NamesTheRecordThatIsOfAnotherTenant) {
  DumpLine foreign = *ParseDumpLine(DumpOf("operational", "globex", 1)[0]);
  foreign.tenant = "acme";
  Lines lines = dump_;
  lines[0] = FormatDumpLine(foreign);

  EXPECT_THAT(Verify(lines), BrokenAt(1));
}

TEST_F(AuditVerifierTest, NamesTheFirstRecordThatWasCutOff) {
  const Lines cut(dump_.begin(), dump_.begin() + 15);
  AuditVerifier verifier;
  ASSERT_THAT(ReadAll(verifier, cut), IsOk()) << "The tail leaves no trace.";

  EXPECT_THAT(verifier.Check(CheckpointOf(dump_, key_), KeysOf(key_)),
              BrokenAt(16));
}

TEST_F(AuditVerifierTest, NamesTheRecordOfACheckpointThatIsNotGenuine) {
  const PrivateKey foreign = *PrivateKey::Generate();
  AuditVerifier verifier;
  ASSERT_THAT(ReadAll(verifier, dump_), IsOk());

  EXPECT_THAT(verifier.Check(CheckpointOf(dump_, foreign), KeysOf(key_)),
              BrokenAt(20));
  Checkpoint named = CheckpointOf(dump_, foreign);
  named.key_id = key_.Thumbprint();
  EXPECT_THAT(verifier.Check(named, KeysOf(key_)), BrokenAt(20));
  EXPECT_EQ(verifier.uncovered(), 20);
}

// Whoever can write the store can chain anew, but not sign.
TEST_F(AuditVerifierTest, NamesTheCheckpointThatAChainWrittenAnewContradicts) {
  const Lines early(dump_.begin(), dump_.begin() + 10);
  Lines anew;
  std::string hash(32, '\0');
  for (int64_t n = 1; n <= 20; ++n) {
    const std::string bytes = CanonicalBytes({"acme", n, {}});
    hash = AuditHash(hash, bytes);
    anew.push_back(FormatDumpLine({"operational", "acme", n, hash, bytes}));
  }
  AuditVerifier verifier;
  ASSERT_THAT(ReadAll(verifier, anew), IsOk());

  EXPECT_THAT(verifier.Check(CheckpointOf(early, key_), KeysOf(key_)),
              BrokenAt(10));
}

TEST_F(AuditVerifierTest, NamesTheLineThatIsNone) {
  for (const char* bad : {"", "{}", "[1]", "null", "{\"n\":1}", "\xff"}) {
    AuditVerifier verifier;
    ASSERT_THAT(verifier.ReadLine(dump_[0]), IsOk());
    const absl::Status status = verifier.ReadLine(bad);
    EXPECT_THAT(status,
                StatusIs(absl::StatusCode::kInvalidArgument, "BAD_DUMP_LINE"));
    EXPECT_THAT(std::string(status.message()), HasSubstr("Line 2"));
  }
}

}  // namespace
}  // namespace crm

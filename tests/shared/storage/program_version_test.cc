#include "shared/storage/program_version.h"

#include "shared/base/status_macros.h"
#include "shared/storage/lease.h"
#include "tests/shared/storage/database_contract.h"
#include "tests/support/matchers.h"

namespace crm::testing {
namespace {

TEST(ProgramVersion, IsPartOfTheNameOfAHolder) {
  EXPECT_EQ(VersionOfHolder(HolderOf(2, "06h0cgimgpp7d97m")), 2);
  EXPECT_EQ(VersionOfHolder(HolderOf(31, "a-b")), 31);
}

TEST(ProgramVersion, IsOneForNamesOfProgramsThatDidNotSay) {
  for (const char* holder : {"", "06h0cgimgpp7d97m", "schema", "schema-",
                             "schemax-1", "2-a", "schema99999999999-a"}) {
    EXPECT_EQ(VersionOfHolder(holder), 1) << holder;
  }
}

TEST_P(DatabaseContract, TellsOlderProgramsByTheirPartsInLeases) {
  ASSERT_THAT(database_->Migrate({.tables = LeaseTables()}), IsOk());
  const auto join = [&](const std::string& holder, int64_t until) {
    ASSERT_THAT(
        database_->WriteAndWait(Soon(),
                                [&](SqlWriter& writer) {
                                  return writer.Post(
                                      "INSERT INTO lease_member (pool, holder, "
                                      "expire_time) VALUES ('relay', ?, ?)",
                                      {holder, until});
                                }),
        IsOk());
  };
  const auto check = [&](int64_t now, int version) {
    return database_->Read(Soon(), [&](SqlReader& reader) {
      return CheckNoOlderProgram(reader, now, version);
    });
  };
  const auto older =
      StatusIs(absl::StatusCode::kFailedPrecondition, "OLDER_PROGRAM_RUNS");

  EXPECT_THAT(check(100, 2), IsOk());
  join(HolderOf(2, "new"), 300);
  EXPECT_THAT(check(100, 2), IsOk());
  EXPECT_THAT(check(100, 3), older);
  join("old", 200);
  EXPECT_THAT(check(100, 2), older);
  EXPECT_THAT(check(100, 1), IsOk());
  // It has not been heard of since.
  EXPECT_THAT(check(200, 2), IsOk());
}

}  // namespace
}  // namespace crm::testing

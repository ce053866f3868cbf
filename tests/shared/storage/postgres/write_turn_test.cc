#include "shared/storage/postgres/write_turn.h"

#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "shared/storage/postgres/connection_source.h"
#include "shared/storage/postgres/postgres_database.h"
#include "tests/shared/storage/database_contract.h"
#include "tests/support/matchers.h"
#include "tests/support/postgres_server/postgres_server.h"

namespace crm::testing {
namespace {

// Who waits for a turn in vain waits for longer than this.
constexpr absl::Duration kWait = absl::Milliseconds(400);

// The writers of three processes.
class WriteTurnTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = OpenPostgres({.uri = uri_});
    ASSERT_THAT(opened, IsOk());
    ASSERT_THAT((*opened)->Migrate(ItemSchema()), IsOk());
  }

  // Whether somebody else has the turn: then `turn`, which is to be taken, is
  // waited for in vain.
  static bool IsElsewhere(WriteTurn& turn) {
    turn.Conflicted();
    const absl::Time begin = absl::Now();
    turn.Take();
    const bool waited = absl::Now() - begin >= kWait;
    turn.GiveBack();
    return waited;
  }

  const std::string uri_ = SharedPostgres().Uri(
      ::testing::UnitTest::GetInstance()->current_test_info()->name());
  ConnectionSource source_{{uri_, ""}};
  WriteTurn first_{source_};
  WriteTurn second_{source_};
};

TEST_F(WriteTurnTest, IsOfOneAtATimeAfterAConflict) {
  first_.Conflicted();
  first_.Take();
  EXPECT_TRUE(IsElsewhere(second_));

  first_.GiveBack();
  second_.Conflicted();
  second_.Take();
  EXPECT_TRUE(IsElsewhere(first_));
}

TEST_F(WriteTurnTest, IsNotTakenWhileNobodyIsInTheWay) {
  first_.Take();
  second_.Conflicted();
  second_.Take();

  EXPECT_TRUE(IsElsewhere(first_)) << "the second has it, not the first";
}

TEST_F(WriteTurnTest, IsNotWaitedForAgainWhileItIsKeptForTooLong) {
  first_.Conflicted();
  first_.Take();
  EXPECT_TRUE(IsElsewhere(second_));

  const absl::Time begin = absl::Now();
  for (int i = 0; i < 20; ++i) second_.Take();
  EXPECT_LT(absl::Now() - begin, 20 * kWait);
}

}  // namespace
}  // namespace crm::testing

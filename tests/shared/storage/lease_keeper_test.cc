#include "shared/storage/lease_keeper.h"

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/shared/storage/database_contract.h"
#include "tests/support/matchers.h"
#include "tests/support/test_database.h"

namespace crm {
namespace {

using testing::IsOk;
using testing::StatusIs;

class LeaseKeeperTest : public ::testing::Test {
 protected:
  LeaseKeeperTest() {
    auto opened =
        testing::OpenEngineOnClock(absl::StrCat(folder_, "/test.db"), clock_);
    EXPECT_THAT(opened, IsOk());
    database_ = *std::move(opened);
    EXPECT_THAT(database_->Migrate({.tables = LeaseTables()}), IsOk());
    for (int i = 0; i < 16; ++i) names_.push_back(absl::StrFormat("%02d", i));
  }
  ~LeaseKeeperTest() override {
    database_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::unique_ptr<LeaseKeeper> Keeper(const std::string& holder,
                                      bool takes_over = false) {
    return std::make_unique<LeaseKeeper>(
        *database_, clock_,
        LeaseKeeper::Options{.pool = "relay",
                             .names = names_,
                             .holder = holder,
                             .takes_over = takes_over});
  }

  // Lets a renew interval pass, and each keeper do what is due.
  void Round(const std::vector<LeaseKeeper*>& keepers) {
    clock_.Advance(kLeaseRenewInterval);
    for (LeaseKeeper* keeper : keepers) {
      keeper->Tick();
      EXPECT_THAT(keeper->status(), IsOk());
    }
  }

  absl::Status Check(const Lease& lease) {
    return database_->WriteAndWait(
        clock_.Now() + absl::Seconds(30),
        [&](SqlWriter& writer) { return CheckLease(writer, lease); });
  }

  const std::string folder_ = testing::MakeFolder();
  FakeClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  std::unique_ptr<Database> database_;
  std::vector<std::string> names_;
};

TEST_F(LeaseKeeperTest, OneAloneHoldsAllAndKeepsThem) {
  auto keeper = Keeper("a");

  keeper->Tick();
  const std::vector<Lease> at_first = keeper->Held();
  for (int i = 0; i < 20; ++i) Round({keeper.get()});

  EXPECT_EQ(at_first.size(), 16u);
  EXPECT_EQ(keeper->Held(), at_first);
}

TEST_F(LeaseKeeperTest, DoesNothingBeforeItIsDue) {
  auto keeper = Keeper("a");
  EXPECT_EQ(keeper->Tick(), kLeaseRenewInterval);
  const int64_t writes = database_->Stats().writes;
  clock_.Advance(absl::Seconds(1));

  EXPECT_EQ(keeper->Tick(), absl::Seconds(2));

  EXPECT_EQ(database_->Stats().writes, writes);
}

TEST_F(LeaseKeeperTest, SharesWithOneThatJoinsAndHoldsNothingTwice) {
  auto a = Keeper("a");
  a->Tick();
  auto b = Keeper("b");
  b->Tick();
  EXPECT_TRUE(b->Held().empty());

  for (int i = 0; i < 2; ++i) Round({a.get(), b.get()});

  EXPECT_EQ(a->Held().size(), 8u);
  EXPECT_EQ(b->Held().size(), 8u);
  std::set<std::string> names;
  for (const auto& held : {a->Held(), b->Held()}) {
    for (const Lease& lease : held) names.insert(lease.name.name);
  }
  EXPECT_EQ(names.size(), 16u);
}

TEST_F(LeaseKeeperTest, ThreeHoldAllBetweenThemAndComeToRest) {
  auto a = Keeper("a");
  auto b = Keeper("b");
  auto c = Keeper("c");
  for (int i = 0; i < 4; ++i) Round({a.get(), b.get(), c.get()});
  const std::vector<Lease> rest = a->Held();
  EXPECT_EQ(a->Held().size() + b->Held().size() + c->Held().size(), 16u);

  for (int i = 0; i < 4; ++i) Round({c.get(), b.get(), a.get()});

  EXPECT_EQ(a->Held(), rest);
}

TEST_F(LeaseKeeperTest, TheRestTakesOverFromOneThatDies) {
  auto a = Keeper("a");
  auto b = Keeper("b");
  for (int i = 0; i < 3; ++i) Round({a.get(), b.get()});
  const std::vector<Lease> lost = b->Held();
  ASSERT_EQ(lost.size(), 8u);

  // Within its lease nobody takes it, after it somebody does.
  for (int i = 0; i < 3; ++i) Round({a.get()});
  EXPECT_EQ(a->Held().size(), 8u);
  for (int i = 0; i < 2; ++i) Round({a.get()});

  EXPECT_EQ(a->Held().size(), 16u);
  for (const Lease& lease : lost) {
    EXPECT_THAT(Check(lease),
                StatusIs(absl::StatusCode::kAborted, "LEASE_LOST"));
  }
}

TEST_F(LeaseKeeperTest, WhoWasPausedPastItsLeaseKnowsItByItsOwnClock) {
  auto keeper = Keeper("a");
  keeper->Tick();

  clock_.Advance(kLeaseDuration - absl::Microseconds(1));
  EXPECT_EQ(keeper->Held().size(), 16u);
  EXPECT_TRUE(keeper->Find("07").has_value());
  clock_.Advance(absl::Microseconds(1));

  EXPECT_TRUE(keeper->Held().empty());
  EXPECT_EQ(keeper->Find("07"), std::nullopt);
}

TEST_F(LeaseKeeperTest, F31_StepsOfTheWallClockChangeNothing) {
  auto a = Keeper("a");
  auto b = Keeper("b");
  for (int i = 0; i < 3; ++i) Round({a.get(), b.get()});
  const std::vector<Lease> held = a->Held();

  clock_.SetNow(clock_.Now() + absl::Hours(1));
  Round({b.get(), a.get()});
  clock_.SetNow(clock_.Now() - absl::Hours(2));
  Round({b.get(), a.get()});

  EXPECT_EQ(a->Held(), held);
}

TEST_F(LeaseKeeperTest, WhatIsGivenUpIsTakenAtTheNextTick) {
  auto a = Keeper("a");
  auto b = Keeper("b");
  for (int i = 0; i < 3; ++i) Round({a.get(), b.get()});

  EXPECT_THAT(a->GiveUp(), IsOk());

  EXPECT_TRUE(a->Held().empty());
  Round({b.get()});
  EXPECT_EQ(b->Held().size(), 16u);
}

TEST_F(LeaseKeeperTest, TakesOverAtOnceWhereItsPredecessorMustBeDead) {
  auto dead = Keeper("a", true);
  dead->Tick();
  const std::vector<Lease> old = dead->Held();
  ASSERT_EQ(old.size(), 16u);

  auto next = Keeper("b", true);
  next->Tick();

  EXPECT_EQ(next->Held().size(), 16u);
  EXPECT_THAT(Check(old.front()),
              StatusIs(absl::StatusCode::kAborted, "LEASE_LOST"));
}

TEST_F(LeaseKeeperTest, ALeaseThatWasLostIsLookedForAtOnce) {
  auto keeper = Keeper("a");
  keeper->Tick();
  const Lease lease = keeper->Held().front();

  keeper->Drop(lease);

  EXPECT_EQ(keeper->Find(lease.name.name), std::nullopt);
  keeper->Tick();
  EXPECT_TRUE(keeper->Find(lease.name.name).has_value());
}

TEST_F(LeaseKeeperTest, AFailureIsSeenAndHeldLeasesRunOut) {
  auto keeper = Keeper("a");
  keeper->Tick();
  ASSERT_THAT(database_->Close(), IsOk());
  clock_.Advance(kLeaseRenewInterval);

  EXPECT_LE(keeper->Tick(), kLeaseRenewInterval);

  EXPECT_THAT(keeper->status(),
              StatusIs(absl::StatusCode::kUnavailable, "STORAGE_CLOSED"));
  EXPECT_EQ(keeper->Held().size(), 16u);
  clock_.Advance(kLeaseDuration);
  EXPECT_TRUE(keeper->Held().empty());
}

}  // namespace
}  // namespace crm

#include "shared/storage/lease.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/status_macros.h"
#include "tests/shared/storage/database_contract.h"
#include "tests/support/matchers.h"
#include "tests/support/test_database.h"

namespace crm {
namespace {

using testing::IsOk;
using testing::StatusIs;

constexpr int64_t kSecond = 1'000'000;

class LeaseTest : public ::testing::Test {
 protected:
  LeaseTest() {
    auto opened =
        testing::OpenEngineOnClock(absl::StrCat(folder_, "/test.db"), clock_);
    EXPECT_THAT(opened, IsOk());
    database_ = *std::move(opened);
    EXPECT_THAT(database_->Migrate({.tables = LeaseTables()}), IsOk());
  }
  ~LeaseTest() override {
    database_.reset();
    std::filesystem::remove_all(folder_);
  }

  absl::Status Write(const Database::WriteBody& body) {
    return database_->WriteAndWait(clock_.Now() + absl::Seconds(30), body);
  }

  std::optional<Lease> Acquire(const std::string& holder, int64_t now) {
    std::optional<Lease> lease;
    EXPECT_THAT(Write([&](SqlWriter& writer) -> absl::Status {
                  CRM_ASSIGN_OR_RETURN(
                      lease, AcquireLease(writer, name_, holder, now));
                  return absl::OkStatus();
                }),
                IsOk());
    return lease;
  }

  absl::Status Check(const Lease& lease) {
    return Write([&](SqlWriter& writer) { return CheckLease(writer, lease); });
  }

  absl::Status Renew(const Lease& lease, int64_t now) {
    return Write(
        [&](SqlWriter& writer) { return RenewLease(writer, lease, now); });
  }

  const LeaseName name_{"relay", "00"};
  const std::string folder_ = testing::MakeFolder();
  FakeClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  std::unique_ptr<Database> database_;
};

TEST_F(LeaseTest, IsHeldByOneAtATime) {
  const auto first = Acquire("a", 0);

  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->epoch, 1);
  EXPECT_EQ(Acquire("b", 10 * kSecond - 1), std::nullopt);
  EXPECT_EQ(Acquire("a", 5 * kSecond), std::nullopt);
}

TEST_F(LeaseTest, F26_IsTakenAtItsExpiryByAHigherEpochThatFencesTheOldHolder) {
  const auto old = Acquire("a", 0);
  ASSERT_TRUE(old.has_value());
  EXPECT_THAT(Check(*old), IsOk());

  const auto taken = Acquire("b", 10 * kSecond);

  ASSERT_TRUE(taken.has_value());
  EXPECT_EQ(taken->epoch, 2);
  EXPECT_THAT(Check(*taken), IsOk());
  EXPECT_THAT(Check(*old), StatusIs(absl::StatusCode::kAborted, "LEASE_LOST"));
  EXPECT_THAT(Renew(*old, 10 * kSecond),
              StatusIs(absl::StatusCode::kAborted, "LEASE_LOST"));
}

TEST_F(LeaseTest, FencesAnEarlierHoldOfTheSameHolder) {
  const auto old = Acquire("a", 0);
  const auto again = Acquire("a", 11 * kSecond);

  ASSERT_TRUE(again.has_value());
  EXPECT_THAT(Check(*old), StatusIs(absl::StatusCode::kAborted, "LEASE_LOST"));
}

TEST_F(LeaseTest, LastsFromItsRenewalOn) {
  const auto lease = Acquire("a", 0);

  EXPECT_THAT(Renew(*lease, 9 * kSecond), IsOk());

  EXPECT_EQ(Acquire("b", 18 * kSecond), std::nullopt);
  EXPECT_TRUE(Acquire("b", 19 * kSecond).has_value());
}

TEST_F(LeaseTest, IsFreeAtOnceWhenGivenUpAndKeepsItsEpoch) {
  const auto lease = Acquire("a", 0);

  EXPECT_THAT(
      Write([&](SqlWriter& writer) { return GiveUpLease(writer, *lease); }),
      IsOk());

  EXPECT_THAT(Check(*lease),
              StatusIs(absl::StatusCode::kAborted, "LEASE_LOST"));
  const auto next = Acquire("b", 1);
  ASSERT_TRUE(next.has_value());
  EXPECT_EQ(next->epoch, 2);
}

TEST_F(LeaseTest, GivingUpLeavesALeaseThatAnotherTook) {
  const auto old = Acquire("a", 0);
  const auto taken = Acquire("b", 10 * kSecond);

  EXPECT_THAT(
      Write([&](SqlWriter& writer) { return GiveUpLease(writer, *old); }),
      IsOk());

  EXPECT_THAT(Check(*taken), IsOk());
}

TEST_F(LeaseTest, AnExpiryOfAnotherClockCountsAsPast) {
  // The monotonic clock of a machine that was then started anew.
  ASSERT_TRUE(Acquire("a", 1'000'000 * kSecond).has_value());

  EXPECT_TRUE(Acquire("b", 5 * kSecond).has_value());
}

TEST_F(LeaseTest, SeveralAreCheckedAtOnceAndOneThatIsLostIsFound) {
  const auto kept = Acquire("a", 5 * kSecond);
  std::optional<Lease> lost;
  ASSERT_THAT(Write([&](SqlWriter& writer) -> absl::Status {
                CRM_ASSIGN_OR_RETURN(
                    lost, AcquireLease(writer, {"relay", "01"}, "a", 0));
                return absl::OkStatus();
              }),
              IsOk());
  const auto check = [&] {
    return Write([&](SqlWriter& writer) {
      return CheckLeases(writer, {*kept, *lost});
    });
  };
  EXPECT_THAT(check(), IsOk());

  ASSERT_THAT(Write([&](SqlWriter& writer) {
                return AcquireLease(writer, {"relay", "01"}, "a", 10 * kSecond)
                    .status();
              }),
              IsOk());

  EXPECT_THAT(check(), StatusIs(absl::StatusCode::kAborted, "LEASE_LOST"));
}

TEST_F(LeaseTest, AFencedTransactionStoresNothing) {
  const auto old = Acquire("a", 0);
  Acquire("b", 10 * kSecond);

  EXPECT_THAT(Write([&](SqlWriter& writer) -> absl::Status {
                CRM_RETURN_IF_ERROR(
                    AcquireLease(writer, {"relay", "work"}, "a", 0).status());
                return CheckLease(writer, *old);
              }),
              StatusIs(absl::StatusCode::kAborted, "LEASE_LOST"));

  EXPECT_THAT(database_->Read(clock_.Now() + absl::Seconds(30),
                              [](SqlReader& reader) -> absl::Status {
                                CRM_ASSIGN_OR_RETURN(
                                    const SqlRows rows,
                                    reader.Query("SELECT 1 FROM lease WHERE "
                                                 "name = 'work'",
                                                 {}));
                                EXPECT_TRUE(rows.empty());
                                return absl::OkStatus();
                              }),
              IsOk());
}

TEST_F(LeaseTest, F31_AnEmbeddedStoreJudgesByTheMonotonicClock) {
  clock_.Advance(absl::Seconds(7));
  clock_.SetNow(clock_.Now() + absl::Hours(1));
  absl::StatusOr<int64_t> now;
  EXPECT_THAT(Write([&](SqlWriter& writer) {
                now = LeaseTime(*database_, writer, clock_);
                return now.status();
              }),
              IsOk());

  EXPECT_EQ(*now, 7 * kSecond);
}

}  // namespace
}  // namespace crm

// What admission grants to CRITICAL_PLUS calls, and what bounds them.

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/shared/admission/admission_fixture.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::CallSpec;
using ::crm::testing::Decision;
using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;

constexpr absl::StatusCode kUnavailable = absl::StatusCode::kUnavailable;

class CriticalPlusTest : public crm::testing::AdmissionFixture {};

TEST_F(CriticalPlusTest, IsForThoseWhoMay) {
  Admission::Options options = Ten();
  options.may_be_critical_plus = [](const Principal& principal) {
    return principal.subject == "user:officer";
  };
  Start(options);

  EXPECT_EQ(LetIn(10, {.criticality = "CRITICAL_PLUS"}), 9);
  EXPECT_TRUE(Enter({.subject = "user:officer", .criticality = "CRITICAL_PLUS"})
                  .made());
  EXPECT_EQ(calls_[0]->context.criticality, Criticality::kCritical);
  EXPECT_EQ(calls_.back()->context.criticality, Criticality::kCriticalPlus);
}

// The limit is found while more calls are in flight than it has come to allow:
// until they have ended nobody else gets in.
TEST_F(CriticalPlusTest, F17_AShrinkingLimitKeepsNoCriticalPlusCallOut) {
  Admission::Options options;
  options.limit = {.start = 64, .min = 8, .max = 64};
  options.may_be_critical_plus = MayBeCriticalPlus;
  Start(options);
  for (int i = 0; i < 40; ++i) {
    Enter();
    clock_.Advance(absl::Milliseconds(10));
    Leave(i);
  }
  ASSERT_EQ(LetIn(57, {}), 57);
  for (size_t i = 40; i < 43; ++i) {
    clock_.Advance(absl::Seconds(1));
    Leave(i);
  }
  ASSERT_EQ(admission_->GetStats().in_flight, 54);
  ASSERT_LT(admission_->GetStats().limit, 40);
  EXPECT_FALSE(Enter().made());

  EXPECT_EQ(LetIn(8, {.tenant = "officer", .criticality = "CRITICAL_PLUS"}), 8);
}

TEST_F(CriticalPlusTest, AFloodOfCriticalPlusIsBounded) {
  Admission::Options options;
  options.limit = {.start = 10, .min = 4, .max = 10};
  options.may_be_critical_plus = MayBeCriticalPlus;
  Start(options);
  ASSERT_EQ(LetIn(9, {}), 9);

  EXPECT_EQ(LetIn(100, {.criticality = "CRITICAL_PLUS"}), 4);
  EXPECT_EQ(admission_->GetStats().in_flight, 13);
  EXPECT_EQ(admission_->GetStats().waiting, 10);
  // What ends makes room for those that wait, up to the limit.
  for (size_t i = 0; i < 9; ++i) Leave(i);
  EXPECT_EQ(admission_->GetStats().in_flight, 10);
  // A place of theirs is theirs again.
  Leave(9);
  EXPECT_EQ(admission_->GetStats().in_flight, 10);
  EXPECT_FALSE(Enter().made());
}

TEST_F(CriticalPlusTest, F17_ACriticalPlusCallWaitsFirstAndForHalfOfItsTime) {
  Admission::Options options;
  options.limit = {.start = 10, .min = 1, .max = 10};
  options.may_be_critical_plus = MayBeCriticalPlus;
  Start(options);
  LetIn(9, {});
  ASSERT_EQ(LetIn(1, {.criticality = "CRITICAL_PLUS"}), 1);
  Decision& earlier = Enter();
  const CallSpec officer = {.criticality = "CRITICAL_PLUS",
                            .timeout = absl::Seconds(1)};
  Decision& first = Enter(officer);
  Decision& second = Enter(officer);

  clock_.Advance(absl::Milliseconds(40));
  Leave(0);
  EXPECT_THAT(first.status(), IsOk());
  EXPECT_FALSE(earlier.made());
  clock_.Advance(absl::Milliseconds(460) - absl::Nanoseconds(1));
  admission_->Expire();
  EXPECT_THAT(earlier.status(), StatusIs(kUnavailable, "OVERLOADED"));
  EXPECT_FALSE(second.made());
  clock_.Advance(absl::Nanoseconds(1));
  admission_->Expire();

  EXPECT_THAT(second.status(), StatusIs(kUnavailable, "OVERLOADED"));
}

}  // namespace
}  // namespace crm

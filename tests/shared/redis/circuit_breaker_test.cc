#include "shared/redis/circuit_breaker.h"

#include "gtest/gtest.h"

namespace crm {
namespace {

class CircuitBreakerTest : public ::testing::Test {
 protected:
  void Open(CircuitBreaker& breaker) {
    for (int i = 0; i < 5; ++i) breaker.Failed();
  }

  FakeClock clock_{absl::UnixEpoch()};
  CircuitBreaker::Options options_{.seed = 7};
};

TEST_F(CircuitBreakerTest, OpensAtTheFifthFailureInARow) {
  CircuitBreaker breaker(options_, clock_);

  for (int i = 0; i < 4; ++i) breaker.Failed();
  EXPECT_TRUE(breaker.Allow());
  breaker.Failed();

  EXPECT_FALSE(breaker.closed());
  EXPECT_FALSE(breaker.Allow());
}

TEST_F(CircuitBreakerTest, ASuccessBetweenFailuresKeepsItClosed) {
  CircuitBreaker breaker(options_, clock_);

  for (int i = 0; i < 4; ++i) breaker.Failed();
  breaker.Succeeded();
  for (int i = 0; i < 4; ++i) breaker.Failed();

  EXPECT_TRUE(breaker.closed());
}

TEST_F(CircuitBreakerTest, AllowsOneProbeAnInterval) {
  CircuitBreaker breaker(options_, clock_);
  Open(breaker);

  clock_.Advance(absl::Milliseconds(399));
  EXPECT_FALSE(breaker.Allow());
  clock_.Advance(absl::Milliseconds(201));
  EXPECT_TRUE(breaker.Allow());
  EXPECT_FALSE(breaker.Allow());
}

TEST_F(CircuitBreakerTest, AFailedProbeWaitsForTheNextInterval) {
  CircuitBreaker breaker(options_, clock_);
  Open(breaker);
  clock_.Advance(absl::Milliseconds(600));
  ASSERT_TRUE(breaker.Allow());

  breaker.Failed();

  EXPECT_FALSE(breaker.Allow());
  clock_.Advance(absl::Milliseconds(600));
  EXPECT_TRUE(breaker.Allow());
}

TEST_F(CircuitBreakerTest, ASuccessfulProbeClosesIt) {
  CircuitBreaker breaker(options_, clock_);
  Open(breaker);
  clock_.Advance(absl::Milliseconds(600));
  ASSERT_TRUE(breaker.Allow());

  breaker.Succeeded();

  EXPECT_TRUE(breaker.closed());
  EXPECT_TRUE(breaker.Allow());
}

TEST_F(CircuitBreakerTest, LetsAGrowingShareThroughAfterClosing) {
  options_.ramp = absl::Seconds(5);
  CircuitBreaker breaker(options_, clock_);
  Open(breaker);
  clock_.Advance(absl::Milliseconds(600));
  ASSERT_TRUE(breaker.Allow());
  breaker.Succeeded();
  const auto allowed = [&] {
    int count = 0;
    for (int i = 0; i < 1000; ++i) count += breaker.Allow() ? 1 : 0;
    return count;
  };

  EXPECT_NEAR(allowed(), 100, 50);
  clock_.Advance(absl::Milliseconds(2500));
  EXPECT_NEAR(allowed(), 550, 80);
  clock_.Advance(absl::Milliseconds(2500));
  EXPECT_EQ(allowed(), 1000);
}

}  // namespace
}  // namespace crm

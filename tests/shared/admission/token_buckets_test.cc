#include "shared/admission/token_buckets.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;

absl::Duration Take(TokenBuckets& buckets, absl::Duration now,
                    absl::string_view principal = "user:ada") {
  return buckets.Take("acme", principal, "search", now);
}

TEST(TokenBuckets, GivesItsBurstAndThenItsRate) {
  TokenBuckets buckets({{"search", {.per_second = 10, .burst = 3}}}, 1);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Take(buckets, absl::ZeroDuration()), absl::ZeroDuration());
  }

  EXPECT_EQ(Take(buckets, absl::ZeroDuration()), absl::Milliseconds(100));
  EXPECT_GT(Take(buckets, absl::Milliseconds(99)), absl::ZeroDuration());
  EXPECT_EQ(Take(buckets, absl::Milliseconds(101)), absl::ZeroDuration());
  EXPECT_GT(Take(buckets, absl::Milliseconds(102)), absl::ZeroDuration());
}

TEST(TokenBuckets, HoldsNoMoreThanItsBurst) {
  TokenBuckets buckets({{"search", {.per_second = 10, .burst = 3}}}, 1);
  Take(buckets, absl::ZeroDuration());

  int taken = 0;
  while (Take(buckets, absl::Hours(1)) == absl::ZeroDuration()) ++taken;

  EXPECT_EQ(taken, 3);
}

TEST(TokenBuckets, GrantsItsShareAndOneCallAtLeast) {
  TokenBuckets buckets({{"search", {.per_second = 2, .burst = 1}}}, 0.5);

  EXPECT_EQ(Take(buckets, absl::ZeroDuration()), absl::ZeroDuration());
  EXPECT_EQ(Take(buckets, absl::ZeroDuration()), absl::Seconds(1));
}

TEST(TokenBuckets, KeepsABoundedNumber) {
  TokenBuckets buckets({{"search", {.per_second = 1, .burst = 2}}}, 1);
  for (size_t i = 0; i < TokenBuckets::kMaxBuckets; ++i) {
    Take(buckets, absl::ZeroDuration(), absl::StrCat("user:", i));
  }
  EXPECT_EQ(buckets.size(), TokenBuckets::kMaxBuckets);

  // All of them are full again.
  Take(buckets, absl::Seconds(2), "user:new");

  EXPECT_EQ(buckets.size(), 1u);
}

TEST(ParseRates, ReadsGroups) {
  const auto rates = ParseRates("interactive=100/s:200,export=2/m:2");

  ASSERT_THAT(rates, IsOk());
  ASSERT_EQ(rates->size(), 2u);
  EXPECT_EQ(rates->at("interactive").per_second, 100);
  EXPECT_EQ(rates->at("interactive").burst, 200);
  EXPECT_EQ(rates->at("export").per_second, 2.0 / 60);
  EXPECT_TRUE(ParseRates("")->empty());
}

TEST(ParseRates, RefusesWhatIsNone) {
  for (const char* text :
       {"a", "a=1", "a=1/s", "a=1/x:1", "a=0/s:1", "a=1/s:0", "=1/s:1",
        "a=-1/s:1", "a=nan/s:1", "a=1/s:1:1", "a:1/s=1", "a=1/s:1;b=1/s:1"}) {
    EXPECT_THAT(ParseRates(text),
                StatusIs(absl::StatusCode::kInvalidArgument, "BAD_RATES"))
        << text;
  }
}

}  // namespace
}  // namespace crm

#include "shared/auth/token_cache.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"

namespace crm {
namespace {

const absl::Time kEnd = absl::FromUnixSeconds(100);
constexpr absl::Duration kMonotonicEnd = absl::Seconds(10);
const int kKeys = 0;
const int kOtherKeys = 0;

TokenCache::Instant At(absl::Time wall, absl::Duration monotonic,
                       const void* keys = &kKeys) {
  return {.wall = wall, .monotonic = monotonic, .keys = keys};
}

const TokenCache::Instant kEarly = At(absl::UnixEpoch(), absl::ZeroDuration());

Principal Named(absl::string_view subject) {
  Principal principal;
  principal.subject = std::string(subject);
  return principal;
}

TEST(TokenCache, F31_RemembersUntilEitherClockSaysStop) {
  TokenCache cache(10);
  cache.Put("d", Named("ada"), At(kEnd, kMonotonicEnd));
  const absl::Duration step = absl::Microseconds(1);

  EXPECT_EQ(cache.Find("d", At(kEnd - step, kMonotonicEnd - step))->subject,
            "ada");
  EXPECT_FALSE(cache.Find("d", At(kEnd, kMonotonicEnd - step)).has_value());
  EXPECT_FALSE(cache.Find("d", At(kEnd - step, kMonotonicEnd)).has_value());
  EXPECT_FALSE(cache.Find("other", kEarly).has_value());
}

TEST(TokenCache, ForgetsWhenOtherKeysAreInForce) {
  TokenCache cache(10);
  cache.Put("d", Named("ada"), At(kEnd, kMonotonicEnd));

  EXPECT_FALSE(
      cache.Find("d", At(absl::UnixEpoch(), absl::ZeroDuration(), &kOtherKeys))
          .has_value());
}

TEST(TokenCache, DropsTheOldestWhenItIsFull) {
  TokenCache cache(3);
  for (int i = 0; i < 4; ++i) {
    cache.Put(absl::StrCat(i), Named("ada"), At(kEnd, kMonotonicEnd));
  }

  EXPECT_EQ(cache.size(), 3u);
  EXPECT_FALSE(cache.Find("0", kEarly).has_value());
  EXPECT_TRUE(cache.Find("1", kEarly).has_value());
  EXPECT_TRUE(cache.Find("3", kEarly).has_value());
}

TEST(TokenCache, RenewsAnEntryInItsPlace) {
  TokenCache cache(2);
  cache.Put("d", Named("ada"), At(kEnd, kMonotonicEnd));
  for (int i = 0; i < 10; ++i) {
    cache.Put("d", Named("bob"), At(kEnd, kMonotonicEnd));
  }

  EXPECT_EQ(cache.size(), 1u);
  EXPECT_EQ(cache.Find("d", kEarly)->subject, "bob");
}

TEST(TokenCache, HoldsNothingWithoutCapacity) {
  TokenCache cache(0);
  cache.Put("d", Named("ada"), At(kEnd, kMonotonicEnd));

  EXPECT_EQ(cache.size(), 0u);
}

}  // namespace
}  // namespace crm

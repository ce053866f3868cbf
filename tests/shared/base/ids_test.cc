#include "shared/base/ids.h"

#include <set>
#include <thread>
#include <vector>

#include "gmock/gmock.h"

namespace crm {
namespace {

using ::testing::MatchesRegex;

const absl::Time kNow = absl::FromUnixMillis(1'700'000'000'000);

TEST(IdMaker, MakesResourceIdsOf26Characters) {
  const FakeClock clock(kNow);
  IdMaker ids(clock, 1);

  const std::string id = ids.NewId();

  EXPECT_THAT(id, MatchesRegex("[0-9a-v]{26}"));
  EXPECT_TRUE(IsResourceId(id));
}

TEST(IdMaker, StartsWithTheTimeAndTheVersion) {
  // 48 bits of milliseconds and the 4 bits of version 7, five bits a character.
  const FakeClock clock(kNow);
  IdMaker ids(clock, 1);

  const std::string time_bytes = {
      static_cast<char>(0x01), static_cast<char>(0x8b), static_cast<char>(0xcf),
      static_cast<char>(0xe5), static_cast<char>(0x68), static_cast<char>(0x00),
      static_cast<char>(0x70)};
  EXPECT_EQ(ids.NewId().substr(0, 10), Base32Hex(time_bytes).substr(0, 10));
}

TEST(IdMaker, GrowsWithinOneMillisecondAndPastTheCounter) {
  const FakeClock clock(kNow);
  IdMaker ids(clock, 2);
  std::string last = ids.NewId();
  for (int i = 0; i < 20'000; ++i) {
    std::string next = ids.NewId();
    ASSERT_LT(last, next) << i;
    last = std::move(next);
  }
}

TEST(IdMaker, F31_GrowsWhenTheWallClockIsSetBack) {
  FakeClock clock(kNow);
  IdMaker ids(clock, 3);
  const std::string before = ids.NewId();

  clock.SetNow(kNow - absl::Hours(24));

  EXPECT_LT(before, ids.NewId());
}

TEST(IdMaker, SortsByTime) {
  FakeClock clock(kNow);
  IdMaker ids(clock, 4);
  IdMaker other_ids(clock, 5);
  const std::string before = ids.NewId();

  clock.Advance(absl::Milliseconds(1));

  EXPECT_LT(before, other_ids.NewId());
}

TEST(IdMaker, RepeatsItselfFromASeedOnly) {
  const FakeClock clock(kNow);
  EXPECT_EQ(IdMaker(clock, 7).NewId(), IdMaker(clock, 7).NewId());
  EXPECT_NE(IdMaker(clock, 7).NewId(), IdMaker(clock, 8).NewId());
  EXPECT_NE(IdMaker(clock).NewId(), IdMaker(clock).NewId());
}

TEST(IdMaker, NeverRepeatsAcrossThreads) {
  const SystemClock clock;
  IdMaker ids(clock);
  constexpr int kThreads = 4;
  constexpr int kIdsEach = 5'000;
  std::vector<std::vector<std::string>> made(kThreads);
  std::vector<std::thread> threads;
  for (auto& own : made) {
    threads.emplace_back([&ids, &own] {
      for (int i = 0; i < kIdsEach; ++i) own.push_back(ids.NewId());
    });
  }
  for (std::thread& thread : threads) thread.join();

  std::set<std::string> all;
  for (const auto& own : made) {
    EXPECT_TRUE(std::is_sorted(own.begin(), own.end()));
    all.insert(own.begin(), own.end());
  }
  EXPECT_EQ(all.size(), size_t{kThreads * kIdsEach});
}

TEST(IsCallerId, TakesTheDocumentedForm) {
  const std::string longest = "a" + std::string(62, 'b');
  for (const absl::string_view good : {"ab", "a1", "acme-corp", "a--b"}) {
    EXPECT_TRUE(IsCallerId(good)) << good;
  }
  EXPECT_TRUE(IsCallerId(longest));
  EXPECT_FALSE(IsCallerId(longest + "b"));
  for (const absl::string_view bad : {"", "a", "1a", "-a", "a-", "Ab", "aB",
                                      "a_b", "a/b", "a.b", "\xc3\xa4-b"}) {
    EXPECT_FALSE(IsCallerId(bad)) << bad;
  }
}

TEST(IsResourceId, TakesBothForms) {
  EXPECT_TRUE(IsResourceId("acme"));
  EXPECT_TRUE(IsResourceId("0123456789abcdefghijklmnop"));
  EXPECT_FALSE(IsResourceId("0123456789abcdefghijklmno"));
  EXPECT_FALSE(IsResourceId("0123456789abcdefghijklmnow"));
  EXPECT_FALSE(IsResourceId("0123456789ABCDEFGHIJKLMNOP"));
  EXPECT_FALSE(IsResourceId(""));
}

TEST(IsTenantId, TakesOneTo40Characters) {
  EXPECT_TRUE(IsTenantId("a"));
  EXPECT_TRUE(IsTenantId("9-lives"));
  EXPECT_TRUE(IsTenantId(std::string(40, 'a')));
  EXPECT_FALSE(IsTenantId(std::string(41, 'a')));
  EXPECT_FALSE(IsTenantId(""));
  EXPECT_FALSE(IsTenantId("Acme"));
  EXPECT_FALSE(IsTenantId("a b"));
  EXPECT_FALSE(IsTenantId("a:b"));
}

// The vectors of RFC 4648, section 10, in lower case and unpadded.
TEST(Base32Hex, MatchesThePublishedVectors) {
  EXPECT_EQ(Base32Hex(""), "");
  EXPECT_EQ(Base32Hex("f"), "co");
  EXPECT_EQ(Base32Hex("fo"), "cpng");
  EXPECT_EQ(Base32Hex("foo"), "cpnmu");
  EXPECT_EQ(Base32Hex("foob"), "cpnmuog");
  EXPECT_EQ(Base32Hex("fooba"), "cpnmuoj1");
  EXPECT_EQ(Base32Hex("foobar"), "cpnmuoj1e8");
}

}  // namespace
}  // namespace crm

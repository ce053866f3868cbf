// A consumer that is further than its producer's feed, whose store lost its
// end.

#include <memory>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "shared/base/errors.h"
#include "shared/events/consumer.h"
#include "tests/shared/events/stores.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using testing::EffectStore;
using testing::IsOk;
using testing::kPatience;
using testing::ProducerStore;

constexpr int kPartitions = 4;
constexpr int kKeys = 10;

class LostFeedTest : public ::testing::Test {
 protected:
  void StartConsumer() {
    Consumer::Options options;
    options.producer = "operational";
    options.name = "effects";
    options.partitions = kPartitions;
    options.poll_interval = absl::Milliseconds(10);
    options.head_interval = absl::Milliseconds(10);
    consumer_ = std::make_unique<Consumer>(options, nullptr, producer_.feed(),
                                           effects_.applier(), clock_);
    consumer_->Start();
  }

  void Emit(int count) {
    for (int i = 0; i < kKeys; ++i) {
      producer_.Emit(absl::StrCat("customers/", i), count);
    }
    producer_.Number();
  }

  bool AwaitEffects(int64_t count) {
    return effects_.WaitUntil([&] { return effects_.EffectCount() == count; });
  }

  // Waits until the consumer has failed for `reason`.
  bool AwaitStandstill(absl::string_view reason) {
    const absl::Time end = absl::Now() + kPatience;
    while (absl::Now() < end) {
      if (ErrorReason(consumer_->Stats().last_status) == reason) return true;
      std::this_thread::yield();
    }
    return false;
  }

  SystemClock clock_;
  ProducerStore producer_{kPartitions};
  EffectStore effects_;
  std::unique_ptr<Consumer> consumer_;
};

TEST_F(LostFeedTest, F35_IsNotFollowedUntilItsEpochIsRaised) {
  StartConsumer();
  Emit(3);
  ASSERT_TRUE(AwaitEffects(3 * kKeys));
  consumer_.reset();

  // All that knew how far the feed had been has ended, but for the consumer.
  for (int i = 0; i < kPartitions; ++i) producer_.LoseAfter(i, 1);
  StartConsumer();
  EXPECT_TRUE(AwaitStandstill("FEED_WENT_BACK"));
  EXPECT_EQ(effects_.EffectCount(), 3 * kKeys);

  // It forgets what is no longer so.
  producer_.RaiseEpoch();
  int64_t kept = 0;
  for (int i = 0; i < kPartitions; ++i) {
    kept += static_cast<int64_t>(producer_.Events(i).size());
  }
  EXPECT_LT(kept, 3 * kKeys);
  EXPECT_TRUE(AwaitEffects(kept));
}

}  // namespace
}  // namespace crm

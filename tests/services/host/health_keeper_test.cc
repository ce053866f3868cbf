#include "services/host/health_keeper.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "shared/base/clock.h"

namespace crm {
namespace {

class HealthKeeperTest : public ::testing::Test {
 protected:
  HealthKeeper Make(int replicas, uint64_t seed) {
    HealthKeeper::Options options;
    options.stall = [this] { return stall_; };
    options.set_live = [this](bool live) { live_.push_back(live); };
    options.load = [this] { return load_; };
    options.set_serving = [this](bool serving) { serving_.push_back(serving); };
    options.replicas = replicas;
    options.seed = seed;
    return HealthKeeper(std::move(options), logger_);
  }

  // Has `seconds` go by in each of which `shed` of 100 calls are refused.
  void Pass(HealthKeeper& keeper, int seconds, int shed) {
    for (int i = 0; i < seconds; ++i) {
      load_.shed += static_cast<uint64_t>(shed);
      load_.admitted += static_cast<uint64_t>(100 - shed);
      keeper.Check();
    }
  }

  // Returns how often a service asks for relief in `seconds` of shedding.
  int Reliefs(int replicas, uint64_t seed, int seconds, int shed = 95) {
    serving_.clear();
    HealthKeeper keeper = Make(replicas, seed);
    Pass(keeper, seconds, shed);
    return static_cast<int>(
        std::count(serving_.begin(), serving_.end(), false));
  }

  SystemClock clock_;
  Logger logger_{clock_, "test", LogLevel::kError, STDERR_FILENO};
  absl::Duration stall_;
  Admission::Stats load_;
  std::vector<bool> live_;
  std::vector<bool> serving_;
};

TEST_F(HealthKeeperTest, AProcessWithoutProgressIsNotLive) {
  HealthKeeper keeper = Make(1, 1);
  stall_ = HealthKeeper::kMaxStall - absl::Milliseconds(1);
  keeper.Check();
  EXPECT_EQ(live_, std::vector<bool>{});

  stall_ = HealthKeeper::kMaxStall;
  keeper.Check();
  keeper.Check();
  stall_ = absl::ZeroDuration();
  keeper.Check();

  EXPECT_EQ(live_, (std::vector<bool>{false, true}));
}

TEST_F(HealthKeeperTest, AServiceAsksForReliefAfterTenSecondsAndForAWhile) {
  for (uint64_t seed = 1; seed < 20; ++seed) {
    serving_.clear();
    HealthKeeper keeper = Make(3, seed);
    Pass(keeper, 9, 95);
    EXPECT_EQ(serving_, std::vector<bool>{});
    Pass(keeper, 1, 95);
    const bool asked = !serving_.empty();
    Pass(keeper, HealthKeeper::kMaxRelief, 0);
    EXPECT_EQ(serving_,
              asked ? (std::vector<bool>{false, true}) : std::vector<bool>{});
  }
}

TEST_F(HealthKeeperTest, OnlySomeReplicasAskForReliefAtATime) {
  int asking = 0;
  for (uint64_t seed = 0; seed < 1000; ++seed) asking += Reliefs(3, seed, 10);

  EXPECT_GT(asking, 400);
  EXPECT_LT(asking, 600);
}

TEST_F(HealthKeeperTest, AServiceOnItsOwnAlwaysServes) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    EXPECT_EQ(Reliefs(1, seed, 60), 0);
  }
}

TEST_F(HealthKeeperTest, ALittleSheddingIsNoReason) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    EXPECT_EQ(Reliefs(3, seed, 60, /*shed=*/90), 0);
  }
}

}  // namespace
}  // namespace crm

// Admission in front of a server of eight threads, each call of which takes
// 20 ms, in virtual time: what comes of a load far above its capacity.

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <iostream>
#include <map>
#include <queue>
#include <random>
#include <string>
#include <vector>

#include "shared/admission/admission.h"
#include "tests/shared/admission/test_calls.h"

namespace crm {
namespace {

using ::crm::testing::MakeCall;

constexpr int kServers = 8;
constexpr absl::Duration kCost = absl::Milliseconds(20);
// Calls per second.
constexpr double kCapacity = 400;

// Who calls how often.
struct Load {
  std::string tenant;
  double per_second = 0;
  std::string criticality = "";
};

struct Outcome {
  int offered = 0;
  int answered = 0;
  int refused = 0;
  std::vector<absl::Duration> latencies;

  absl::Duration P99() {
    std::sort(latencies.begin(), latencies.end());
    return latencies[latencies.size() * 99 / 100];
  }
};

class Simulation {
 public:
  Simulation() : admission_(Options(), clock_, metrics_) {}

  // Offers `loads` for `time`, and returns what became of each tenant's calls
  // that came in it.
  std::map<std::string, Outcome> Run(const std::vector<Load>& loads,
                                     absl::Duration time) {
    outcomes_.clear();
    const absl::Duration end = clock_.Monotonic() + time;
    for (const Load& load : loads) Arrive(load, end);
    while (!events_.empty()) {
      const Event event = events_.top();
      events_.pop();
      clock_.Advance(event.time - clock_.Monotonic());
      event.happen();
      admission_.Expire();
    }
    return outcomes_;
  }

  Admission::Stats stats() const { return admission_.GetStats(); }

 private:
  struct Event {
    absl::Duration time;
    int64_t order;
    std::function<void()> happen;

    bool operator<(const Event& other) const {
      return std::pair(time, order) > std::pair(other.time, other.order);
    }
  };

  static Admission::Options Options() {
    Admission::Options options;
    options.may_be_critical_plus = [](const Principal&) { return true; };
    return options;
  }

  void At(absl::Duration time, std::function<void()> happen) {
    events_.push({time, order_++, std::move(happen)});
  }

  // Poisson arrivals, whatever becomes of the calls.
  void Arrive(const Load& load, absl::Duration end) {
    std::exponential_distribution<double> gap(load.per_second);
    const absl::Duration next =
        clock_.Monotonic() + absl::Seconds(gap(random_));
    if (next >= end) return;
    At(next, [this, load, end] {
      Offer(load);
      Arrive(load, end);
    });
  }

  void Offer(const Load& load) {
    const absl::Duration start = clock_.Monotonic();
    auto call = MakeCall(clock_, {.tenant = load.tenant,
                                  .criticality = load.criticality,
                                  .timeout = absl::Seconds(1)});
    Outcome& outcome = outcomes_[load.tenant];
    ++outcome.offered;
    // The timer looks at least that often.
    At(start + absl::Milliseconds(50), [] {});
    admission_.Enter(
        call, [this, call, start, &outcome](absl::Status status, bool) {
          if (!status.ok()) {
            ++outcome.refused;
            return;
          }
          work_.push_back([this, call, start, &outcome] {
            ++outcome.answered;
            outcome.latencies.push_back(clock_.Monotonic() - start);
            admission_.Leave(*call, absl::OkStatus());
          });
          Work();
        });
  }

  void Work() {
    while (busy_ < kServers && !work_.empty()) {
      ++busy_;
      At(clock_.Monotonic() + kCost, [this, end = std::move(work_.front())] {
        --busy_;
        end();
        Work();
      });
      work_.pop_front();
    }
  }

  FakeClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  MetricRegistry metrics_;
  Admission admission_;
  std::mt19937 random_{7};
  std::priority_queue<Event> events_;
  int64_t order_ = 0;
  std::deque<std::function<void()>> work_;
  int busy_ = 0;
  std::map<std::string, Outcome> outcomes_;
};

TEST(OverloadSimulation, F17_TenTimesTheLoadIsServedLikeTheLoad) {
  Simulation simulation;
  // Before the overload the service is used as it should be.
  simulation.Run({{"acme", kCapacity / 4}}, absl::Seconds(10));
  Outcome once =
      simulation.Run({{"acme", kCapacity}}, absl::Seconds(60))["acme"];

  Outcome two =
      simulation.Run({{"acme", 2 * kCapacity}}, absl::Seconds(60))["acme"];
  Outcome ten =
      simulation.Run({{"acme", 10 * kCapacity}}, absl::Seconds(60))["acme"];

  EXPECT_GE(two.answered, 0.8 * once.answered);
  EXPECT_LE(two.P99(), 2 * once.P99());
  EXPECT_GT(ten.offered, 9 * once.offered);
  EXPECT_GE(ten.answered, 0.8 * once.answered);
  EXPECT_LE(ten.P99(), 2 * once.P99());
  EXPECT_EQ(ten.answered + ten.refused, ten.offered);
  std::cout << "answered " << once.answered << " -> " << two.answered << " -> "
            << ten.answered << ", p99 " << once.P99() << " -> " << two.P99()
            << " -> " << ten.P99() << "\n";
}

TEST(OverloadSimulation, F17_ItIsOverFiveSecondsAfterTheLoad) {
  Simulation simulation;
  simulation.Run({{"acme", kCapacity / 4}}, absl::Seconds(10));
  simulation.Run({{"acme", 10 * kCapacity}}, absl::Seconds(60));
  simulation.Run({{"acme", kCapacity / 2}}, absl::Seconds(5));

  Outcome after =
      simulation.Run({{"acme", kCapacity / 2}}, absl::Seconds(10))["acme"];

  EXPECT_EQ(after.refused, 0);
  EXPECT_LE(after.P99(), 3 * kCost);
}

TEST(OverloadSimulation, TheLimitDoesNotCreepUpInALongOverload) {
  Simulation simulation;
  simulation.Run({{"acme", kCapacity / 4}}, absl::Seconds(10));

  Outcome long_run =
      simulation.Run({{"acme", 3 * kCapacity}}, absl::Minutes(5))["acme"];

  EXPECT_LE(simulation.stats().limit, 4 * kServers);
  EXPECT_GE(long_run.answered, 0.9 * kCapacity * 300);
}

TEST(OverloadSimulation, AnOverloadFromTheFirstCallIsFoundToBeOne) {
  Simulation simulation;

  simulation.Run({{"acme", 10 * kCapacity}}, absl::Seconds(60));

  EXPECT_LE(simulation.stats().limit, 4 * kServers);
}

TEST(OverloadSimulation, F17_WhoAbusesIsRefusedAndNobodyElse) {
  Simulation simulation;
  simulation.Run({{"good", kCapacity / 10}}, absl::Seconds(10));

  auto outcomes = simulation.Run({{"abusive", 9 * kCapacity},
                                  {"good", kCapacity / 5},
                                  {"other", kCapacity / 5},
                                  {"officer", kCapacity / 20, "CRITICAL_PLUS"}},
                                 absl::Seconds(60));

  int refused = 0;
  for (const auto& [tenant, outcome] : outcomes) refused += outcome.refused;
  EXPECT_GE(outcomes["abusive"].refused, 0.95 * refused);
  EXPECT_GE(outcomes["officer"].answered, 0.99 * outcomes["officer"].offered);
  EXPECT_GE(outcomes["good"].answered, 0.98 * outcomes["good"].offered);
  EXPECT_GE(outcomes["other"].answered, 0.98 * outcomes["other"].offered);
}

}  // namespace
}  // namespace crm

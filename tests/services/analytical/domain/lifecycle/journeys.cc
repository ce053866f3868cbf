#include "tests/services/analytical/domain/lifecycle/journeys.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/analytical/domain/lifecycle/journey.h"
#include "services/analytical/domain/lifecycle/stages.h"

namespace crm::analytical::testing {

using v1::Lifecycle;
using v1::LifecycleJourney;

LifecycleJourney BeginJourney(absl::string_view customer, absl::Time time,
                              const std::vector<LifecycleJourney>& earlier) {
  LifecycleJourney journey;
  journey.set_customer(std::string(customer));
  journey.set_run(NextRun(earlier));
  journey.set_name(
      absl::StrCat("lifecycleJourneys/", customer, "-", journey.run()));
  RuleContext context;
  context.now = time;
  EXPECT_TRUE(PrepareLifecycleJourney(nullptr, journey, context).ok());
  return journey;
}

bool Step(Lifecycle::Stage to, absl::Time time,
          const std::vector<LifecycleJourney>& journeys,
          LifecycleJourney& journey, Lifecycle::Outcome outcome) {
  LifecycleMove move{.to = to, .time = time};
  if (to == Lifecycle::TERMINATED) move.outcome = outcome;
  return MoveJourney(journeys, move, journey).ok();
}

std::vector<LifecycleJourney> RandomJourneys(absl::string_view customer,
                                             int most,
                                             std::mt19937_64& random) {
  const auto draw = [&](int count) {
    return static_cast<int>(random() % static_cast<uint64_t>(count));
  };
  const Lifecycle::Outcome outcomes[] = {
      Lifecycle::COMPLETED_LOYAL, Lifecycle::CHURNED, Lifecycle::WITHDRAWN};
  absl::Time now = absl::UnixEpoch();
  std::vector<LifecycleJourney> journeys;
  const int runs = draw(most + 1);
  for (int run = 0; run < runs; ++run) {
    LifecycleJourney journey = BeginJourney(customer, now, journeys);
    const int steps = run + 1 < runs ? 9 : draw(6);
    for (int step = 0; step < steps; ++step) {
      const auto next = NextStages(journey.entry_kind(), journey.stage());
      if (next.empty()) break;
      now += absl::Minutes(1 + draw(100'000));
      EXPECT_TRUE(
          Step(next.front(), now, journeys, journey, outcomes[draw(3)]));
    }
    journeys.push_back(journey);
    now += absl::Minutes(1 + draw(100'000));
  }
  return journeys;
}

}  // namespace crm::analytical::testing

#include "services/analytical/domain/lifecycle/lifecycle_slice.h"

#include <algorithm>

#include "gtest/gtest.h"
#include "tests/services/analytical/text_proto.h"
#include "tests/support/matchers.h"

namespace crm::analytical {
namespace {

using crm::testing::EqualsProto;
using testing::Proto;
using v1::LifecycleJourney;

const char kChurned[] = R"pb(
  name: 'lifecycleJourneys/one'
  run: 1
  stage: TERMINATED
  entry_kind: NEW_PROSPECT
  outcome: CHURNED
  stage_history {
    stage: VIRGIN
    enter_time { seconds: 10 }
  }
  stage_history {
    stage: TERMINATED
    enter_time { seconds: 20 }
  }
)pb";
const char kLoyal[] = R"pb(
  name: 'lifecycleJourneys/two'
  run: 2
  stage: TERMINATED
  entry_kind: SWITCH_BACK
  outcome: COMPLETED_LOYAL
  stage_history {
    stage: VIRGIN
    enter_time { seconds: 30 }
  }
  stage_history {
    stage: TERMINATED
    enter_time { seconds: 40 }
  }
)pb";
const char kOpen[] = R"pb(
  name: 'lifecycleJourneys/three'
  run: 3
  stage: ACTIVATED
  entry_kind: WIN_BACK
  stage_history {
    stage: VIRGIN
    enter_time { seconds: 50 }
  }
  stage_history {
    stage: ACTIVATED
    enter_time { seconds: 60 }
  }
)pb";

TEST(SumUpLifecycle, TellsOfTheNewestRunAndOfTheOutcomeBeforeIt) {
  std::vector<LifecycleJourney> journeys = {Proto<LifecycleJourney>(kChurned),
                                            Proto<LifecycleJourney>(kLoyal),
                                            Proto<LifecycleJourney>(kOpen)};
  std::vector<size_t> order = {0, 1, 2};
  do {
    EXPECT_THAT(SumUpLifecycle({journeys[order[0]], journeys[order[1]],
                                journeys[order[2]]}),
                EqualsProto(R"pb(
                  journey: 'lifecycleJourneys/three'
                  run: 3
                  stage: ACTIVATED
                  enter_time { seconds: 60 }
                  entry_kind: WIN_BACK
                  last_outcome: COMPLETED_LOYAL
                )pb"));
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(SumUpLifecycle, TellsHowTheNewestRunEnded) {
  EXPECT_THAT(SumUpLifecycle({Proto<LifecycleJourney>(kChurned)}),
              EqualsProto(R"pb(
                journey: 'lifecycleJourneys/one'
                run: 1
                stage: TERMINATED
                enter_time { seconds: 20 }
                entry_kind: NEW_PROSPECT
                last_outcome: CHURNED
              )pb"));
}

TEST(SumUpLifecycle, IsEmptyWithoutARun) {
  EXPECT_EQ(SumUpLifecycle({}).SerializeAsString(), "");
}

}  // namespace
}  // namespace crm::analytical

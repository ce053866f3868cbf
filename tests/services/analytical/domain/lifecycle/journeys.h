// Random runs of customers through the lifecycle, for tests of its rules. Each
// keeps the rules, as it is made by them.

#ifndef CRM_TESTS_SERVICES_ANALYTICAL_DOMAIN_LIFECYCLE_JOURNEYS_H_
#define CRM_TESTS_SERVICES_ANALYTICAL_DOMAIN_LIFECYCLE_JOURNEYS_H_

#include <random>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "crm/analytical/v1/lifecycle_journey.pb.h"

namespace crm::analytical::testing {

// Returns a run in VIRGIN that begins at `time`, after those of the customer.
v1::LifecycleJourney BeginJourney(
    absl::string_view customer, absl::Time time,
    const std::vector<v1::LifecycleJourney>& earlier);

// Takes a step and returns whether it was legal; TERMINATED ends with
// `outcome`.
bool Step(v1::Lifecycle::Stage to, absl::Time time,
          const std::vector<v1::LifecycleJourney>& journeys,
          v1::LifecycleJourney& journey,
          v1::Lifecycle::Outcome outcome = v1::Lifecycle::COMPLETED_LOYAL);

// Returns up to `most` runs of a customer, the last of which may be open. The
// first begins at the epoch, and every step is whole minutes later.
std::vector<v1::LifecycleJourney> RandomJourneys(absl::string_view customer,
                                                 int most,
                                                 std::mt19937_64& random);

}  // namespace crm::analytical::testing

#endif  // CRM_TESTS_SERVICES_ANALYTICAL_DOMAIN_LIFECYCLE_JOURNEYS_H_

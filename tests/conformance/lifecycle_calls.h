// Calls of the analytical service on the lifecycles of customers, for tests.

#ifndef CRM_TESTS_CONFORMANCE_LIFECYCLE_CALLS_H_
#define CRM_TESTS_CONFORMANCE_LIFECYCLE_CALLS_H_

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/analytical/v1/lifecycle_journey.pb.h"
#include "services/analytical/app.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm::testing {

inline constexpr char kLifecycleTenant[] = "acme";

// A service that nobody but the test calls.
class LifecycleCalls : public ::testing::Test {
 protected:
  LifecycleCalls()
      : service_(authority_, "analytical", analytical::MakeAnalytical,
                 [](HostSettings& settings) {
                   // Customers belong to a service that is absent.
                   settings.addresses["operational"] = "127.0.0.1:1";
                 }),
        token_(authority_.Token(kLifecycleTenant, "user:ada", {"everyone"})) {}

  template <typename Response, typename Request>
  absl::StatusOr<Response> Call(absl::string_view method,
                                const Request& request) {
    return service_.client().Call<Response>(
        absl::StrCat("crm.analytical.v1.LifecycleJourneyService.", method),
        request, {.token = token_});
  }

  template <typename Request>
  absl::StatusOr<analytical::v1::LifecycleJourney> Verb(
      absl::string_view verb, absl::string_view text) {
    return Call<analytical::v1::LifecycleJourney>(
        absl::StrCat(verb, "LifecycleJourney"), Proto<Request>(text));
  }

  absl::StatusOr<analytical::v1::LifecycleJourney> Start(
      absl::string_view customer, absl::string_view more = "") {
    return Verb<analytical::v1::CreateLifecycleJourneyRequest>(
        "Create", absl::StrCat("lifecycle_journey { customer: 'customers/",
                               customer, "' } ", more));
  }

  absl::StatusOr<analytical::v1::LifecycleJourney> Advance(
      const std::string& name, analytical::v1::Lifecycle::Stage to) {
    analytical::v1::AdvanceLifecycleJourneyRequest request;
    request.set_name(name);
    request.set_to_stage(to);
    if (to == analytical::v1::Lifecycle::TERMINATED)
      request.set_outcome(analytical::v1::Lifecycle::CHURNED);
    return Call<analytical::v1::LifecycleJourney>("AdvanceLifecycleJourney",
                                                  request);
  }

  // Runs a new journey through `stages` to its end.
  analytical::v1::LifecycleJourney RunThrough(
      absl::string_view customer,
      const std::vector<analytical::v1::Lifecycle::Stage>& stages,
      analytical::v1::Lifecycle::Outcome outcome) {
    auto journey = Start(customer);
    EXPECT_THAT(journey, IsOk());
    if (!journey.ok()) return {};
    const std::string name = journey->name();
    for (const analytical::v1::Lifecycle::Stage stage : stages) {
      EXPECT_THAT(Advance(name, stage), IsOk());
    }
    journey = Verb<analytical::v1::TerminateLifecycleJourneyRequest>(
        "Terminate",
        absl::StrCat("name: '", name, "' outcome: ",
                     analytical::v1::Lifecycle::Outcome_Name(outcome)));
    EXPECT_THAT(journey, IsOk());
    return journey.ok() ? *journey : analytical::v1::LifecycleJourney();
  }

  TestAuthority authority_;
  ServiceHarness service_;
  const std::string token_;
};

}  // namespace crm::testing

#endif  // CRM_TESTS_CONFORMANCE_LIFECYCLE_CALLS_H_

// What an activity did about its customer: approaching, acquiring, retaining or
// winning back. It goes by what the customer had been through by then.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_MANAGEMENT_STAGE_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_MANAGEMENT_STAGE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "crm/analytical/v1/lifecycle.pb.h"
#include "crm/analytical/v1/lifecycle_journey.pb.h"
#include "crm/analytical/v1/measured_views.pb.h"

namespace crm::analytical {

// A run of the lifecycle, as far as it matters here.
struct CustomerRun {
  std::string journey;
  // When it came to its first contact, and to its end; unset before.
  std::optional<absl::Time> contact_time = std::nullopt;
  std::optional<absl::Time> end_time = std::nullopt;
  v1::Lifecycle::Outcome outcome = v1::Lifecycle::OUTCOME_UNSPECIFIED;
};

// What is known of a customer.
struct CustomerPast {
  // When it first ordered, and when there was first an opportunity.
  std::optional<absl::Time> first_order_time = std::nullopt;
  std::optional<absl::Time> first_opportunity_time = std::nullopt;
  // In any order.
  std::vector<CustomerRun> runs = {};
};

// Returns what counts of a run.
CustomerRun RunOf(const v1::LifecycleJourney& journey);

struct StagedActivity {
  v1::ManagementActivity::Stage stage;
  // The run that decided; empty if none did.
  std::string journey = {};
};

// Returns the stage of an activity at `time`, which is exactly one:
//
//   WIN_BACK  the newest run that had got to a contact had ended in churn. Once
//             the next one gets to a contact the customer is back.
//   RETAIN    that run had ended loyal, or the customer had ordered.
//   ACQUIRE   else, if there had been an opportunity.
//   APPROACH  else.
StagedActivity StageOf(absl::Time time, const CustomerPast& past);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_MANAGEMENT_STAGE_H_

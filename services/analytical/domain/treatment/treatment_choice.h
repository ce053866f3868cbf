// Which treatment fits a customer, and why.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_TREATMENT_TREATMENT_CHOICE_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_TREATMENT_TREATMENT_CHOICE_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "crm/analytical/v1/treatment.pb.h"
#include "crm/analytical/v1/treatment_assignment.pb.h"

namespace crm::analytical {

// Chooses among `treatments`, in any order, for the customer that `assignment`
// tells the needs group, value tier and stage of, and writes down the choice,
// the reasons for it, and how many fit. Of several the one with the greatest
// priority is taken, then the one with the most conditions, then the first by
// name. Without a fitting one there is no treatment and no reason.
void ChooseTreatment(const std::vector<v1::Treatment>& treatments,
                     v1::TreatmentAssignment& assignment);

// Returns the day of `time` in UTC. Example: 2026-01-31
std::string AssignDay(absl::Time time);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_TREATMENT_TREATMENT_CHOICE_H_

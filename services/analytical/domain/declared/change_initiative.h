// The rules of change initiatives, and the periods in which adoption is
// counted.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_DECLARED_CHANGE_INITIATIVE_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_DECLARED_CHANGE_INITIATIVE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "crm/analytical/v1/change_initiative.pb.h"
#include "google/type/date.pb.h"
#include "shared/reflect/rule_context.h"

namespace crm::analytical {

// Refuses what is there twice and types that no service has: INVALID_ARGUMENT
// with a violation for each. What an initiative that has ended says does not
// change any more: FAILED_PRECONDITION (INITIATIVE_ENDED).
absl::Status PrepareChangeInitiative(const v1::ChangeInitiative* before,
                                     v1::ChangeInitiative& after,
                                     const RuleContext& context);

// Days from `first` to `last`, both of them.
struct DayRange {
  absl::CivilDay first;
  absl::CivilDay last;

  friend bool operator==(const DayRange&, const DayRange&) = default;
};

// Cuts the days from the first to the last into periods of `days`, of which the
// last one may be shorter, and returns the newest `most` of them. Requires that
// the last day is not before the first.
std::vector<DayRange> PeriodsOf(const DayRange& whole, int days, size_t most);

// Returns active / target in millionths, rounded to the nearest; 0 of none.
int32_t AdoptionOf(int64_t active, int64_t target);

absl::CivilDay ToCivil(const google::type::Date& date);
google::type::Date ToDate(absl::CivilDay day);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_DECLARED_CHANGE_INITIATIVE_H_

// What pulse surveys came to, without telling what few people answered.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_DECLARED_PULSE_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_DECLARED_PULSE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "crm/analytical/v1/enablement_program.pb.h"

namespace crm::analytical {

// The answers of one team to one survey.
struct PulseTally {
  std::string team;
  int64_t response_count = 0;
  int64_t points = 0;

  friend bool operator==(const PulseTally&, const PulseTally&) = default;
};

// Returns the groups of a closed survey: all answers, and those of each team,
// by name. `tallies` holds each team once.
//
// A team with fewer than `min_group_size` answers is suppressed. Where the
// suppressed teams together have fewer than that too, their answers would show
// as the difference between all and the rest; so the smallest other teams (the
// first by name of equal ones) are suppressed with them until there are enough.
// If there are not enough answers at all, everything is.
v1::PulseResult ResultOf(const v1::EnablementProgram::Survey& survey,
                         std::vector<PulseTally> tallies,
                         int64_t min_group_size);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_DECLARED_PULSE_H_

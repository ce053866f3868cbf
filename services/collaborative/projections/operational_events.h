// What this service does because of the operational service's events: what
// belongs to customers follows merges, and people are told of what concerns
// them.

#ifndef CRM_SERVICES_COLLABORATIVE_PROJECTIONS_OPERATIONAL_EVENTS_H_
#define CRM_SERVICES_COLLABORATIVE_PROJECTIONS_OPERATIONAL_EVENTS_H_

#include "shared/base/clock.h"
#include "shared/resource/reaction_applier.h"

namespace crm::collaborative {

// Returns the reaction. `clock` outlives it.
Reaction OperationalEvents(const Clock& clock);

}  // namespace crm::collaborative

#endif  // CRM_SERVICES_COLLABORATIVE_PROJECTIONS_OPERATIONAL_EVENTS_H_

// How far a standard of service is kept to by value tier, and when those who
// are not strategic customers are left behind.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_SERVICE_FLOOR_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_SERVICE_FLOOR_H_

#include <cstdint>
#include <map>

#include "crm/analytical/v1/clv_model.pb.h"
#include "crm/analytical/v1/measured_views.pb.h"

namespace crm::analytical {

// How many activities kept to the standard, of those that did or did not.
struct ServiceTally {
  int64_t decided = 0;
  int64_t attained = 0;

  void Add(const ServiceTally& other) {
    decided += other.decided;
    attained += other.attained;
  }
};

using ServiceTallies = std::map<v1::ClvScore::ValueTier, ServiceTally>;

// Whether the customers of a tier are strategic: those in TOP and HIGH.
bool IsStrategic(v1::ClvScore::ValueTier tier);

// Fills in the tiers, both sums and the alarm: the others are below the floor,
// and strategic customers are served better. Without any activity on one side
// there is none.
void FillServiceFloor(const ServiceTallies& tallies, int32_t floor_millionths,
                      v1::ServiceFloorReport& report);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_SERVICE_FLOOR_H_

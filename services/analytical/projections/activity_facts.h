// What analyses ask the warehouse of activities. Every function returns the
// errors of a statement.

#ifndef CRM_SERVICES_ANALYTICAL_PROJECTIONS_ACTIVITY_FACTS_H_
#define CRM_SERVICES_ANALYTICAL_PROJECTIONS_ACTIVITY_FACTS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/analytical/domain/frameworks/management_stage.h"
#include "services/analytical/domain/frameworks/service_floor.h"
#include "shared/storage/database.h"

namespace crm::analytical {

// An activity that has a customer.
struct ActivityFact {
  std::string activity;
  std::string customer;
  std::string kind;
  // When it was completed, else created.
  absl::Time time;
};

// Returns the activities of `customer`, or of all if it is empty, whose names
// come after `after`, by name, `most` of them.
absl::StatusOr<std::vector<ActivityFact>> ReadActivities(
    SqlReader& reader, const std::string& tenant, const std::string& customer,
    const std::string& after, int64_t most);

// Returns what orders and opportunities tell of each of the customers, of whom
// there is one at least.
absl::StatusOr<std::map<std::string, CustomerPast>> ReadPasts(
    SqlReader& reader, const std::string& tenant,
    const std::vector<std::string>& customers);

// The activities that were created after `start` and up to `end`, and how they
// went as of `end`.
struct ServiceQuestion {
  std::string tenant;
  absl::Time start;
  absl::Time end;
  // Within this they are to be completed.
  absl::Duration standard;
};

struct CustomerService {
  std::string customer;
  ServiceTally tally;
};

// Returns, by customer, how many kept to the standard, of those that did or did
// not: one that is open and in time is neither, nor is one that was cancelled.
absl::StatusOr<std::vector<CustomerService>> ReadService(
    SqlReader& reader, const ServiceQuestion& question);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_PROJECTIONS_ACTIVITY_FACTS_H_

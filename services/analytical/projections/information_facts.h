// What the warehouse knows of how good what is known of customers is.

#ifndef CRM_SERVICES_ANALYTICAL_PROJECTIONS_INFORMATION_FACTS_H_
#define CRM_SERVICES_ANALYTICAL_PROJECTIONS_INFORMATION_FACTS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "crm/analytical/v1/measured_views.pb.h"
#include "shared/storage/database.h"

namespace crm::analytical {

struct InformationFacts {
  // Whether there are events of customers.
  bool has_customers = false;
  // How many customers in use have which of IdentifyingAttributes().
  std::map<int64_t, int64_t> customers_by_known = {};
  // How many of them no event has come of since an instant.
  int64_t stale_count = 0;
  // Of how many of them an event waits.
  int64_t waiting_count = 0;
  // How many pairs of customers may be one; unset without any such event.
  std::optional<int64_t> open_duplicate_count = std::nullopt;
};

// Returns the facts of a tenant as of `now`; what no event came of since
// `since` is stale. Returns the errors of a statement.
absl::StatusOr<InformationFacts> ReadInformationFacts(SqlReader& reader,
                                                      const std::string& tenant,
                                                      absl::Time since,
                                                      absl::Time now);

// Returns how old what is known of each service is, by its name. Errors
// likewise.
absl::StatusOr<std::vector<v1::FeedAge>> ReadFeedAges(
    SqlReader& reader, const std::string& tenant);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_PROJECTIONS_INFORMATION_FACTS_H_

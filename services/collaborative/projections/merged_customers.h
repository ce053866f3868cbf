// Which customers were merged into which others, as the events of merge
// operations tell.
//
// Merges of different survivors come in different partitions, so a later one
// may come first. What a customer is by now is therefore found from all merges
// that stand, and is right once all of them have come, in whatever order.

#ifndef CRM_SERVICES_COLLABORATIVE_PROJECTIONS_MERGED_CUSTOMERS_H_
#define CRM_SERVICES_COLLABORATIVE_PROJECTIONS_MERGED_CUSTOMERS_H_

#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crm/operational/v1/merge_operation.pb.h"
#include "shared/storage/database.h"
#include "shared/storage/schema.h"

namespace crm::collaborative {

// Returns the table of the merges that stand.
SqlTable MergedCustomerTable();

// Whether the customers of `operation` are one: it was applied, and not undone.
bool Stands(const operational::v1::MergeOperation& operation);

// Notes whether the merge stands. Repeating it changes nothing.
absl::Status NoteMerge(SqlWriter& writer, const std::string& tenant,
                       const operational::v1::MergeOperation& operation);

// Forgets all merges of all tenants.
absl::Status ForgetMerges(SqlWriter& writer);

// Returns who `customer` is by now: the survivor of the merge that took it in,
// or of the one that took that in, and so on; `customer` where none did.
absl::StatusOr<std::string> SurvivorOf(SqlReader& reader,
                                       const std::string& tenant,
                                       const std::string& customer);

// Returns `customer` and all that were merged into it, directly or through
// others.
absl::StatusOr<std::set<std::string>> TakenIn(SqlReader& reader,
                                              const std::string& tenant,
                                              const std::string& customer);

}  // namespace crm::collaborative

#endif  // CRM_SERVICES_COLLABORATIVE_PROJECTIONS_MERGED_CUSTOMERS_H_

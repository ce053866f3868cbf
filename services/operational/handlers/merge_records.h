// What undoing a merge needs: each reference that was moved and where it led,
// and the customers before and after. Kept in a table of its own, since it is
// nobody's to read, and removed once the merge cannot be undone any more.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_MERGE_RECORDS_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_MERGE_RECORDS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/operational/domain/identity/merge_plan.h"
#include "services/operational/handlers/customer_links.h"
#include "shared/resource/transaction.h"
#include "shared/storage/schema.h"

namespace crm::operational {

struct MergeRecord {
  MergeUndo customers;
  std::vector<MovedLink> links;
};

// The table of the records; see Application::Keeps.
SqlTable MergeRecordTable();

// Stores the record of the merge called `operation`, which has none.
absl::Status StoreMergeRecord(const Transaction& transaction,
                              const std::string& operation,
                              const MergeRecord& record);

// Returns the record, in the order in which it was stored; an empty one if
// there is none. Returns INTERNAL (ROW_UNREADABLE) if it cannot be read.
absl::StatusOr<MergeRecord> ReadMergeRecord(const Transaction& transaction,
                                            const std::string& operation);

// Removes the record, if there is one.
absl::Status RemoveMergeRecord(const Transaction& transaction,
                               const std::string& operation);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_MERGE_RECORDS_H_

// The records that a commit holds beside the rows: one event and one audit
// entry for each resource that changed.

#ifndef CRM_SHARED_RESOURCE_COMMIT_RECORDS_H_
#define CRM_SHARED_RESOURCE_COMMIT_RECORDS_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "crm/internal/v1/event.pb.h"
#include "shared/resource/kernel.h"
#include "shared/resource/transaction.h"

namespace crm {

// Writes the events and audit entries of what `transaction` changed, the last
// thing that a body does. `request_id` may be empty. `events` gets the events
// by the order of change; they have their versions when `then` is called, if it
// is not empty, and when the body is done. It outlives the body. Where another
// event caused the change, `cause_event_id` is its id.
absl::Status WriteCommitRecords(
    const Kernel& kernel, const Transaction& transaction,
    const std::string& request_id, std::vector<internal::v1::Event>& events,
    std::function<absl::Status(SqlWriter&)> then = {},
    const std::string& cause_event_id = "");

// Writes an audit entry of a call that changed no resource of the catalog, as
// one that starts an operation: it did something to `resource`, of type `type`.
absl::Status WriteAuditEntry(const Kernel& kernel,
                             const Transaction& transaction,
                             const std::string& type,
                             const std::string& resource,
                             const std::string& request_id);

// Writes an audit entry of an export that is done: `operation` has read `count`
// resources of `type` that match `filter`.
absl::Status WriteExportEntry(const Kernel& kernel,
                              const Transaction& transaction,
                              const std::string& type,
                              const std::string& operation,
                              const std::string& filter, int64_t count);

// Returns the consistency token of a commit with these events, or "" without
// any.
std::string TokenOf(const Kernel& kernel,
                    const std::vector<internal::v1::Event>& events);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_COMMIT_RECORDS_H_

// Operations that change each of the resources that match a filter, by a method
// of one resource: the machinery under bulk_update.h and bulk_action.h.
//
// The resources are found page by page, with their etags, and what was found is
// stored before it is changed. Then each is a mutating call of its own, whose
// request id is the operation and the resource: so none is changed twice or
// left out when a step is run again after a kill, and one that was changed in
// between fails with ETAG_MISMATCH. Each is counted once.

#ifndef CRM_SHARED_RESOURCE_BULK_CHANGE_H_
#define CRM_SHARED_RESOURCE_BULK_CHANGE_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "shared/call/method_table.h"
#include "shared/resource/kernel.h"
#include "shared/resource/mutation.h"
#include "shared/resource/operation_kind.h"

namespace crm {

// How many resources a step finds, or changes; their names fit into a
// checkpoint.
inline constexpr int kBulkChangeBatch = 200;

// What one resource is changed by: a method of it, and what serves that.
struct BulkChange {
  const MethodInfo* method = nullptr;
  MutationBody body;
};

// What a kind of such operations is made of. Both are pure.
struct BulkChangeKind {
  // Returns what `bulk`, the request of the operation, has each changed by.
  std::function<absl::StatusOr<BulkChange>(
      const google::protobuf::Message& bulk)>
      change_of;
  // Writes to `request`, of the method of the change, what `bulk` says of it;
  // the name and etag of the resource follow.
  std::function<void(const google::protobuf::Message& bulk,
                     google::protobuf::Message& request)>
      fill;
  // The message that holds name and etag in such a request.
  std::function<google::protobuf::Message*(google::protobuf::Message& request)>
      target;
};

// Returns the line of the output that says why the resource called `name` was
// not changed: a BulkUpdateFailure.
absl::StatusOr<std::string> BulkFailureLine(const std::string& name,
                                            const absl::Status& status);

// Returns the operation of `kind` on `resource`, which is listed by `list`. All
// outlive it. The response is a BulkUpdateResult; the output has the failures.
OperationKind BulkChangeOperation(const Kernel& kernel,
                                  const Resource& resource,
                                  const MethodInfo& list, BulkChangeKind kind);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_BULK_CHANGE_H_

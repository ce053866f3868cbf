// The batch methods BatchCreate, BatchUpdate and BatchDelete (AIP-233 to 235):
// atomic, or with a status for each item.

#ifndef CRM_SHARED_RESOURCE_BATCH_H_
#define CRM_SHARED_RESOURCE_BATCH_H_

#include <memory>

#include "google/protobuf/message.h"
#include "shared/call/call.h"
#include "shared/resource/kernel.h"

namespace crm {

// Runs the batch call `call`, whose items are requests of `verb` (kCreate,
// kUpdate or kDelete) for `resource`, and answers by `done`.
//
// Atomic by default: one transaction, violations named `requests[i]...`. With
// `return_partial_success` each item is a transaction of its own, remembered
// under the request id with its index, and the answer has a google.rpc.Status a
// request; an item that failed has an empty resource.
void RunBatch(const Kernel& kernel, const Resource& resource, Verb verb,
              std::shared_ptr<Call> call, Done done);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_BATCH_H_

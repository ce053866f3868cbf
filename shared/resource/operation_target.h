// Whether what an operation is to be about is there for the caller.

#ifndef CRM_SHARED_RESOURCE_OPERATION_TARGET_H_
#define CRM_SHARED_RESOURCE_OPERATION_TARGET_H_

#include "absl/status/status.h"
#include "google/protobuf/message.h"
#include "shared/resource/transaction.h"

namespace crm {

// Returns OK if the resource that `request` names, by the `name` of a method
// that works on one, is live and the caller may do to it what he calls for;
// also if it names none. Else what Transaction::GetLive returns.
absl::Status CheckOperationTarget(const Transaction& transaction,
                                  const google::protobuf::Message& request);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_OPERATION_TARGET_H_

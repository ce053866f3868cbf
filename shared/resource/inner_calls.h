// Calls that a service makes itself, for somebody, inside a transaction that is
// under way: what automations do.
//
// All holds for them that holds for a call from outside: the permission, the
// rows and fields that the roles reach, the schema, the rules. What they change
// is committed with the transaction, or not at all, and its events and audit
// entries name the call's subject and method.

#ifndef CRM_SHARED_RESOURCE_INNER_CALLS_H_
#define CRM_SHARED_RESOURCE_INNER_CALLS_H_

#include <map>
#include <memory>

#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "shared/call/call.h"
#include "shared/call/method_table.h"
#include "shared/resource/kernel.h"
#include "shared/resource/mutation.h"
#include "shared/resource/transaction.h"

namespace crm {

// The handlers of a service that change something, by their request.
using MutationBodies =
    std::map<const google::protobuf::Descriptor*, MutationBody>;

// Makes the calls of one service. Thread-safe.
class InnerCalls {
 public:
  // `kernel` outlives this.
  InnerCalls(const Kernel& kernel, std::shared_ptr<const MutationBodies> bodies)
      : kernel_(kernel), bodies_(std::move(bodies)) {}

  const Kernel& kernel() const { return kernel_; }

  // Returns OK if `caller` may call `method` at all, else PERMISSION_DENIED.
  // Without a caller nothing is restricted.
  static absl::Status CheckMay(const Caller* caller, const MethodInfo& method);

  // Calls the method of `call` with `request`, and returns its answer. After an
  // error the transaction is to fail too: part of what the call changed may
  // stand in it.
  //
  // Returns FAILED_PRECONDITION (METHOD_NOT_INNER) for a method that does not
  // change something in one transaction, and the errors of the method.
  absl::StatusOr<std::unique_ptr<google::protobuf::Message>> Call(
      Transaction& transaction, std::shared_ptr<const CallContext> call,
      const google::protobuf::Message& request) const;

  // Returns what serves `method`; empty if it does not change something in one
  // transaction.
  MutationBody BodyOf(const MethodInfo& method) const;

 private:
  const Kernel& kernel_;
  const std::shared_ptr<const MutationBodies> bodies_;
};

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_INNER_CALLS_H_

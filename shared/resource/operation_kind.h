// What a kind of long work is made of: a check before it starts, and a step
// that is repeated until the work is done (AIP-151).
//
// A step has two halves. The first reads and computes, on a worker's thread,
// and may take its time. It returns the second, which writes, in a transaction
// that also stores how far the work has come. So a step has its effect once:
// after a kill the work goes on from the last step that was committed. Both
// halves may run more than once for one step and keep nothing of their own.

#ifndef CRM_SHARED_RESOURCE_OPERATION_KIND_H_
#define CRM_SHARED_RESOURCE_OPERATION_KIND_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "shared/call/call.h"
#include "shared/resource/kernel.h"
#include "shared/resource/transaction.h"

namespace crm {

// How far an operation has come.
struct OperationProgress {
  // Where the next step goes on; what it means is the kind's own affair. Empty
  // at the start. At most kMaxCheckpointBytes.
  std::string checkpoint;
  int64_t done_count = 0;
  // 0 while it is not known.
  int64_t total_count = 0;
};

inline constexpr size_t kMaxCheckpointBytes = size_t{64} << 10;

// One step of one operation, as its kind sees it.
struct OperationStep {
  const Kernel& kernel;
  // The call that started it, with the caller's rights, and the deadline of
  // this step.
  const CallContext& call;
  const google::protobuf::Message& request;
  // The operation, as `operations/operational-...`.
  const std::string& name;
  const OperationProgress& progress;
};

// What a step comes to.
struct StepResult {
  OperationProgress progress;
  // Set by the last step: what the operation answers.
  std::unique_ptr<google::protobuf::Message> response;
  // Set by a step that found nothing to do: how long to wait for something, at
  // most kLongestOperationWait. Whoever brings it may make the operation due
  // earlier.
  absl::Duration wait = absl::ZeroDuration();
};

// The writing half of a step.
using StepCommit = std::function<absl::StatusOr<StepResult>(Transaction&)>;

// A kind of operation. An error that may pass (UNAVAILABLE, ABORTED,
// DEADLINE_EXCEEDED) makes a step run again later; any other ends the operation
// with it.
struct OperationKind {
  // Refuses a request before an operation is made of it. May be empty.
  std::function<absl::Status(const CallContext& call,
                             const google::protobuf::Message& request)>
      check;
  // Whether the steps reach only what the roles of the caller reach. Others are
  // started by callers alone whose roles reach all rows and fields.
  bool narrowed = false;
  // The reading half of a step.
  std::function<absl::StatusOr<StepCommit>(const OperationStep& step)> step;
};

// The kinds of one service, by the path of the method that starts them.
using OperationKinds = std::map<std::string, OperationKind>;

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_OPERATION_KIND_H_

// The rows of one step of an operation: mutations that run many at a time, so
// that they share commits, each with its own outcome.

#ifndef CRM_SHARED_RESOURCE_ROW_CALLS_H_
#define CRM_SHARED_RESOURCE_ROW_CALLS_H_

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "shared/call/call.h"
#include "shared/resource/kernel.h"
#include "shared/resource/mutation.h"

namespace crm {

// How many rows of a step are under way at a time. More would make other
// callers wait longer for their turn with the writer, and gain little.
inline constexpr size_t kRowsInFlight = 256;

// Returns whether a row failed because of something that may pass: then its
// step is to be run again. A row that was done is answered from memory.
bool MayPass(const absl::Status& error);

// Used by one thread.
class RowCalls {
 public:
  // `kernel` outlives this.
  explicit RowCalls(const Kernel& kernel) : kernel_(kernel) {}

  // Waits for what is under way.
  ~RowCalls();
  RowCalls(const RowCalls&) = delete;
  RowCalls& operator=(const RowCalls&) = delete;

  // Queues `mutation`, and waits while kRowsInFlight are under way.
  void Add(Mutation mutation);

  // Waits for all, and returns their outcomes in the order in which they were
  // added. Called once.
  std::vector<absl::StatusOr<Answer>> Finish();

 private:
  void Take(size_t index, absl::StatusOr<Answer> answer);
  void WaitFor(size_t left);

  const Kernel& kernel_;
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t under_way_ = 0;
  std::vector<absl::StatusOr<Answer>> answers_;
};

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_ROW_CALLS_H_

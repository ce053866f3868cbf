// The calls that a server is serving, counted so that a stop can wait for them.

#ifndef CRM_SHARED_RPC_OPEN_CALLS_H_
#define CRM_SHARED_RPC_OPEN_CALLS_H_

#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace crm {

// Returns UNAVAILABLE with reason DRAINING: the process is about to end, and
// another one can be asked at once.
absl::Status Draining();

// Counts calls, from when they arrive until gRPC is done with them.
// Thread-safe.
class OpenCalls {
 public:
  // Counts a call that has arrived. Returns false if it is to be refused with
  // Draining(), before any work; it has to end like every other.
  bool Begin();
  void End();

  // Has every later Begin() return false.
  void Drain();

  // Waits until no call is open, for `patience` or until Hurry(). Returns
  // whether none is.
  bool AwaitNone(absl::Duration patience);

  // Ends every AwaitNone, now and later.
  void Hurry();

  int64_t count() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  int64_t count_ = 0;
  bool draining_ = false;
  bool hurried_ = false;
};

}  // namespace crm

#endif  // CRM_SHARED_RPC_OPEN_CALLS_H_

// Callers that wait for operations to be done (AIP-151), without a thread each:
// one thread looks at what is waited for, when it is told that something has
// ended and, as another process may work on it, now and then.

#ifndef CRM_SHARED_RESOURCE_OPERATION_WAITS_H_
#define CRM_SHARED_RESOURCE_OPERATION_WAITS_H_

#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/longrunning/operations.pb.h"
#include "shared/base/clock.h"
#include "shared/call/call.h"
#include "shared/storage/database.h"

namespace crm {

// The most calls of one principal that wait, and of all.
inline constexpr int kMaxWaitsPerPrincipal = 10;
inline constexpr int kMaxWaits = 1'000;

// The calls that wait. Thread-safe.
class OperationWaits {
 public:
  struct Options {
    // How often operations are looked at when nobody calls Wake().
    absl::Duration check_interval = absl::Milliseconds(500);
  };

  // Reads the operation that a call waits for, as its caller sees it.
  using ReadOperation =
      std::function<absl::StatusOr<google::longrunning::Operation>(SqlReader&)>;

  // `database` and `clock` outlive this.
  OperationWaits(Database& database, const Clock& clock, Options options);

  // Stops.
  ~OperationWaits();
  OperationWaits(const OperationWaits&) = delete;
  OperationWaits& operator=(const OperationWaits&) = delete;

  // Answers `call` with the operation that `read` gives: once it is done, or as
  // it is at `until`, or when this stops. An error of `read` is answered at
  // once; a call that was cancelled, soon. Returns RESOURCE_EXHAUSTED
  // (TOO_MANY_WAITS) beyond kMaxWaits or kMaxWaitsPerPrincipal, and then `done`
  // is not called.
  absl::Status Wait(std::shared_ptr<Call> call, absl::Time until,
                    ReadOperation read, Done done);

  // Says that an operation may have ended; cheap.
  void Wake();

  // Answers all that wait, and from then on every call at once.
  void Stop();

 private:
  struct Waiter {
    std::shared_ptr<Call> call;
    absl::Time until;
    ReadOperation read;
    Done done;
  };

  void Loop();
  // Answers those of `waiters` whose wait is over and removes them.
  void Look(std::list<Waiter>& waiters, bool all);

  Database& database_;
  const Clock& clock_;
  const Options options_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  bool woken_ = false;
  // Beside those that the thread looks at just now.
  std::list<Waiter> waiters_;
  // Whose they all are, by tenant and subject.
  std::multiset<std::string> principals_;
  std::thread thread_;
};

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_OPERATION_WAITS_H_

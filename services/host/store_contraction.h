// Contracts the store of a running service, once that is asked for and no older
// program shares it any more.

#ifndef CRM_SERVICES_HOST_STORE_CONTRACTION_H_
#define CRM_SERVICES_HOST_STORE_CONTRACTION_H_

#include <condition_variable>
#include <mutex>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shared/base/clock.h"
#include "shared/observe/log.h"
#include "shared/storage/database.h"

namespace crm {

// The version of the schema of the services' stores.
//   2: the key of the outbox begins with the tenant
//   3: so do those of timers and of parked events
inline constexpr int kStoreVersion = 3;

enum class ContractMode {
  kNever,
  kWhenAlone,  // when no older program takes part in leases
  kAtOnce,     // whoever runs: the operator knows that none does
};

// Thread-safe.
class StoreContraction {
 public:
  struct Options {
    ContractMode mode = ContractMode::kNever;
    // How long the store is left alone between two steps, and after it could
    // not be contracted.
    absl::Duration pause = absl::Milliseconds(20);
    absl::Duration retry = absl::Seconds(30);
  };

  // All outlive this; the store fits `schema`.
  StoreContraction(Options options, Database& database, SqlSchema schema,
                   const Clock& clock, Logger& logger);

  // Stops.
  ~StoreContraction();

  // Starts the thread, if there is something to do. Called once.
  void Start();

  // Ends the thread, after the step that it takes.
  void Stop();

  // Takes one step and returns whether there is another. Returns
  // FAILED_PRECONDITION (OLDER_PROGRAM_RUNS) and the errors of
  // Database::Contract.
  absl::StatusOr<bool> Step();

 private:
  void Loop();

  const Options options_;
  Database& database_;
  const SqlSchema schema_;
  const Clock& clock_;
  Logger& logger_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace crm

#endif  // CRM_SERVICES_HOST_STORE_CONTRACTION_H_

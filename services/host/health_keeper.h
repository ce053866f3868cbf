// Sets what the health of a process says by what the process does: it is live
// while it makes progress, and a service of it looks for relief when nearly
// everything is refused.

#ifndef CRM_SERVICES_HOST_HEALTH_KEEPER_H_
#define CRM_SERVICES_HOST_HEALTH_KEEPER_H_

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <random>
#include <thread>

#include "absl/time/time.h"
#include "shared/admission/admission.h"
#include "shared/observe/log.h"
#include "shared/rpc/health_server.h"
#include "shared/rpc/server.h"
#include "shared/storage/database.h"

namespace crm {

// Looks once a second. Thread-safe, but for Check().
class HealthKeeper {
 public:
  // From here on a process that makes no progress is not live.
  static constexpr absl::Duration kMaxStall = absl::Seconds(30);
  // How many seconds in a row nine calls in ten have to be refused.
  static constexpr int kSheddingSeconds = 10;
  // For how many seconds a service says then that it is not serving.
  static constexpr int kMinRelief = 5;
  static constexpr int kMaxRelief = 15;

  struct Options {
    // Returns for how long there was no progress although there was work.
    std::function<absl::Duration()> stall;
    std::function<void(bool live)> set_live;
    std::function<Admission::Stats()> load;
    std::function<void(bool serving)> set_serving;
    // A service on its own always serves; of several replicas each one asks for
    // relief in every other case only, by chance, since all of them are likely
    // to be busy at once.
    int replicas = 1;
    uint64_t seed = std::random_device()();
  };

  HealthKeeper(Options options, Logger& logger);
  // Stops.
  ~HealthKeeper();
  HealthKeeper(const HealthKeeper&) = delete;
  HealthKeeper& operator=(const HealthKeeper&) = delete;

  // Starts the thread that checks.
  void Start();

  // Looks once, as every second.
  void Check();

 private:
  void CheckProgress();
  void CheckLoad();

  const Options options_;
  Logger& logger_;
  std::mt19937_64 random_;
  bool live_ = true;
  Admission::Stats last_;
  int shedding_seconds_ = 0;
  int relief_seconds_ = 0;

  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;
  std::thread thread_;
};

// Returns the options of the keeper of a process that is made of these parts.
// All outlive it; `health` may be null.
HealthKeeper::Options HealthOf(RpcServer& server, HealthServer* health,
                               const Database& database,
                               const Admission& admission, int replicas);

}  // namespace crm

#endif  // CRM_SERVICES_HOST_HEALTH_KEEPER_H_

// The process around a service: its store, events, cache, server and signals
// put together. Tests run services in it too, several in one process.

#ifndef CRM_SERVICES_HOST_SERVICE_HOST_H_
#define CRM_SERVICES_HOST_SERVICE_HOST_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/host/service.h"
#include "services/host/settings.h"
#include "shared/base/clock.h"
#include "shared/events/consumer.h"
#include "shared/events/relay.h"
#include "shared/observe/log.h"
#include "shared/storage/database.h"

namespace crm {

// A running service. Thread-safe.
class ServiceHost {
 public:
  // Opens the store, migrates it, and serves. `clock` and `logger` outlive the
  // host. Returns FAILED_PRECONDITION (DATABASE_LOCKED) if the store is open
  // elsewhere, METHOD_UNBOUND and the like if the service is not whole, and
  // what the parts return.
  static absl::StatusOr<std::unique_ptr<ServiceHost>> Start(
      const HostSettings& settings, const MakeService& make, const Clock& clock,
      Logger& logger);

  // Stops.
  ~ServiceHost();
  ServiceHost(const ServiceHost&) = delete;
  ServiceHost& operator=(const ServiceHost&) = delete;

  // The port that gRPC is served on.
  int port() const;
  // The port of /metrics; 0 without.
  int metrics_port() const;

  Database& database();
  Relay& relay();
  const Service& service() const;

  // Has a backup of the store taken now. Nothing happens with backups off.
  void BackUpSoon();

  // Says by its health that it will stop soon, and still serves.
  void BeginStop();

  // Refuses what comes in, finishes what is under way, for up to the drain
  // time, writes everything down and stops. Repeating it does nothing.
  void Stop();

  // Has a Stop, now or later, not wait for calls that are under way.
  void Hurry();

 private:
  class State;
  explicit ServiceHost(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace crm

#endif  // CRM_SERVICES_HOST_SERVICE_HOST_H_

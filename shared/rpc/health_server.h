// A server in plaintext that answers health checks and nothing else, for
// probes that speak no TLS.

#ifndef CRM_SHARED_RPC_HEALTH_SERVER_H_
#define CRM_SHARED_RPC_HEALTH_SERVER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace crm {

// Serves grpc.health.v1.Health through an accept loop of its own. Thread-safe.
class HealthServer {
 public:
  // Listens at `listen`. `liveness` is SERVING at once, "" and `readiness` are
  // not. Returns what AcceptLoop::Listen returns.
  static absl::StatusOr<std::unique_ptr<HealthServer>> Start(
      absl::string_view listen);

  // Stops.
  ~HealthServer();
  HealthServer(const HealthServer&) = delete;
  HealthServer& operator=(const HealthServer&) = delete;

  int port() const;

  // Sets the health of "" and `readiness`.
  void SetReady(bool ready);

  // Sets the health of `liveness`.
  void SetLive(bool live);

 private:
  class State;

  explicit HealthServer(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace crm

#endif  // CRM_SHARED_RPC_HEALTH_SERVER_H_

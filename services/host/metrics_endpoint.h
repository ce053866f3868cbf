// Serves /metrics and /healthz of a process over HTTP, for Prometheus and
// people.

#ifndef CRM_SERVICES_HOST_METRICS_ENDPOINT_H_
#define CRM_SERVICES_HOST_METRICS_ENDPOINT_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace crm {

// A small HTTP server on a thread of its own. Thread-safe.
class MetricsEndpoint {
 public:
  // Serves what `expose` returns at `listen` (`host:port`, port 0 takes a free
  // one). Returns INVALID_ARGUMENT for an address that is none, UNAVAILABLE
  // (PORT_TAKEN) if it cannot be bound.
  static absl::StatusOr<std::unique_ptr<MetricsEndpoint>> Start(
      absl::string_view listen, std::function<std::string()> expose);

  // Stops.
  ~MetricsEndpoint();
  MetricsEndpoint(const MetricsEndpoint&) = delete;
  MetricsEndpoint& operator=(const MetricsEndpoint&) = delete;

  int port() const;

 private:
  struct State;
  explicit MetricsEndpoint(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace crm

#endif  // CRM_SERVICES_HOST_METRICS_ENDPOINT_H_

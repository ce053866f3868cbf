// The first filter: gives each call its trace and, when it ends, counts it,
// times it and writes its log line.

#ifndef CRM_SHARED_RPC_OBSERVE_FILTER_H_
#define CRM_SHARED_RPC_OBSERVE_FILTER_H_

#include "absl/status/status.h"
#include "shared/base/clock.h"
#include "shared/call/call.h"
#include "shared/observe/log.h"
#include "shared/observe/metrics.h"

namespace crm {

// Reads the trace from `traceparent`, or starts one. Counts
// `crm_rpc_calls_total{method,code}` and `crm_rpc_call_seconds{method}`, and
// logs method, code, latency, trace, tenant and principal: no bodies.
// Thread-safe.
class ObserveFilter final : public Filter {
 public:
  // `clock`, `logger` and `metrics` outlive the filter.
  ObserveFilter(const Clock& clock, Logger& logger, Metrics& metrics);

  absl::Status Begin(Call& call) override;
  void End(const Call& call, const absl::Status& status) override;

 private:
  const Clock& clock_;
  Logger& logger_;
  Metrics& metrics_;
};

}  // namespace crm

#endif  // CRM_SHARED_RPC_OBSERVE_FILTER_H_

// The first filter: gives each call its trace and, when it ends, counts it,
// times it and writes its log line.

#ifndef CRM_SHARED_RPC_OBSERVE_FILTER_H_
#define CRM_SHARED_RPC_OBSERVE_FILTER_H_

#include <array>
#include <map>
#include <mutex>

#include "absl/status/status.h"
#include "shared/base/clock.h"
#include "shared/call/call.h"
#include "shared/observe/log.h"
#include "shared/observe/metrics.h"
#include "shared/observe/trace_context.h"

namespace crm {

// Continues the trace of `traceparent`, or starts one. Counts
// `crm_rpc_calls_total{method,code}` and `crm_rpc_call_seconds{method}`, and
// logs method, code, latency, trace, tenant and principal: no bodies.
// Thread-safe.
class ObserveFilter final : public CallFilter {
 public:
  // `clock`, `logger` and `metrics` outlive the filter.
  ObserveFilter(const Clock& clock, Logger& logger, MetricRegistry& metrics);

  absl::Status Begin(Call& call) override;
  void End(const Call& call, const absl::Status& status) override;

 private:
  // The series of one method, by status code.
  struct MethodSeries {
    std::array<Counter*, 17> calls{};
    Histogram* seconds = nullptr;
  };

  MethodSeries& SeriesOf(const MethodInfo& method);

  const Clock& clock_;
  Logger& logger_;
  MetricRegistry& metrics_;
  TraceMaker traces_;
  std::mutex mutex_;
  std::map<const MethodInfo*, MethodSeries> series_;
};

}  // namespace crm

#endif  // CRM_SHARED_RPC_OBSERVE_FILTER_H_

#include "shared/rpc/observe_filter.h"

#include <algorithm>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace crm {

ObserveFilter::ObserveFilter(const Clock& clock, Logger& logger,
                             MetricRegistry& metrics)
    : clock_(clock), logger_(logger), metrics_(metrics) {}

absl::Status ObserveFilter::Begin(Call& call) {
  TraceContext trace =
      traces_.Continue(FindMetadata(call.metadata, "traceparent"));
  call.context.trace_id = std::move(trace.trace_id);
  call.context.span_id = std::move(trace.span_id);
  return absl::OkStatus();
}

void ObserveFilter::End(const Call& call, const absl::Status& status) {
  const CallContext& context = call.context;
  const absl::Duration latency =
      std::max(clock_.Now() - context.now, absl::ZeroDuration());
  {
    std::lock_guard<std::mutex> lock(mutex_);
    MethodSeries& series = SeriesOf(*context.method);
    series.calls[static_cast<size_t>(status.code())]->Increment();
    series.seconds->Observe(absl::ToDoubleSeconds(latency));
  }
  if (!logger_.Writes(LogLevel::kInfo)) return;
  logger_.Log(LogLevel::kInfo, "call",
              {{"method", context.method->path},
               {"code", absl::StatusCodeToString(status.code())},
               {"latency_ms", absl::ToDoubleMilliseconds(latency)},
               {"trace_id", context.trace_id},
               {"tenant", context.principal.tenant},
               {"principal", context.principal.subject}});
}

ObserveFilter::MethodSeries& ObserveFilter::SeriesOf(const MethodInfo& method) {
  MethodSeries& series = series_[&method];
  if (series.seconds != nullptr) return series;
  for (size_t code = 0; code < series.calls.size(); ++code) {
    series.calls[code] = &metrics_.AddCounter(
        "crm_rpc_calls_total", "Calls served, by method and status code.",
        {{"method", method.path},
         {"code",
          absl::StatusCodeToString(static_cast<absl::StatusCode>(code))}});
  }
  series.seconds = &metrics_.AddHistogram(
      "crm_rpc_call_seconds", "How long calls took, by method.",
      LatencyBounds(), {{"method", method.path}});
  return series;
}

}  // namespace crm

#include "gateway/policy/call_record.h"

#include <utility>

#include "shared/base/errors.h"

namespace crm::gateway {

CallRecord::CallRecord(const CallLedger& ledger, absl::string_view transport,
                       TraceContext trace)
    : ledger_(ledger),
      transport_(transport),
      trace_(std::move(trace)),
      start_(ledger.clock.Monotonic()) {}

CallRecord::~CallRecord() {
  Finish(absl::CancelledError("The caller has gone away."));
}

void CallRecord::set_principal(const Principal& principal) {
  tenant_ = principal.tenant;
  subject_ = principal.subject;
}

void CallRecord::Finish(const absl::Status& status) {
  if (finished_) return;
  finished_ = true;
  const absl::Duration elapsed = ledger_.clock.Monotonic() - start_;
  const std::string code = absl::StatusCodeToString(status.code());
  ledger_.metrics
      .AddCounter(
          "crm_gateway_calls_total",
          "Calls that ended, by route and status code.",
          {{"transport", transport_}, {"route", route_}, {"code", code}})
      .Increment();
  ledger_.metrics
      .AddHistogram("crm_gateway_call_seconds",
                    "How long calls took, by transport.", LatencyBounds(),
                    {{"transport", transport_}})
      .Observe(absl::ToDoubleSeconds(elapsed));
  if (!ledger_.logger.Writes(LogLevel::kInfo)) return;
  const std::string reason = ErrorReason(status);
  ledger_.logger.Log(LogLevel::kInfo, "call",
                     {{"transport", transport_},
                      {"method", route_},
                      {"code", code},
                      {"reason", reason},
                      {"millis", absl::ToDoubleMilliseconds(elapsed)},
                      {"trace", trace_.trace_id},
                      {"tenant", tenant_},
                      {"principal", subject_}});
}

}  // namespace crm::gateway

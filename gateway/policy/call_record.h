// What the gateway notes of each call: one line of the access log, and metrics.

#ifndef CRM_GATEWAY_POLICY_CALL_RECORD_H_
#define CRM_GATEWAY_POLICY_CALL_RECORD_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shared/base/clock.h"
#include "shared/call/principal.h"
#include "shared/observe/log.h"
#include "shared/observe/metrics.h"
#include "shared/observe/trace_context.h"

namespace crm::gateway {

// Where records go. All must outlive the records.
struct CallLedger {
  const Clock& clock;
  Logger& logger;
  MetricRegistry& metrics;
};

// One call. Counts it when it ends: at Finish(), else as CANCELLED when it is
// destroyed. Thread-compatible.
class CallRecord {
 public:
  // `transport` is `grpc`, `grpc_web` or `rest`. `route` is from a fixed set:
  // the gRPC path of a known method, a page, or `unknown`.
  CallRecord(const CallLedger& ledger, absl::string_view transport,
             TraceContext trace);
  CallRecord(const CallRecord&) = delete;
  CallRecord& operator=(const CallRecord&) = delete;
  ~CallRecord();

  void set_route(absl::string_view route) { route_ = std::string(route); }
  void set_principal(const Principal& principal);

  const TraceContext& trace() const { return trace_; }

  // Notes the end. Only the first call counts.
  void Finish(const absl::Status& status);

 private:
  const CallLedger ledger_;
  const std::string transport_;
  const TraceContext trace_;
  const absl::Duration start_;
  std::string route_ = "unknown";
  std::string tenant_;
  std::string subject_;
  bool finished_ = false;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_POLICY_CALL_RECORD_H_

// Carries one trace through all processes: the W3C `traceparent` header.
//
//   00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
//      trace id                         span id          flags

#ifndef CRM_SHARED_OBSERVE_TRACE_CONTEXT_H_
#define CRM_SHARED_OBSERVE_TRACE_CONTEXT_H_

#include <cstdint>
#include <mutex>
#include <optional>
#include <random>
#include <string>

#include "absl/strings/string_view.h"

namespace crm {

// Where a call stands in a trace.
struct TraceContext {
  // The whole trace, 32 hex digits.
  std::string trace_id;
  // This part of it, 16 hex digits.
  std::string span_id;
  // The part that caused this one; empty in the first.
  std::string parent_span_id;
  // Whether someone up the line records the trace.
  bool sampled = false;

  friend bool operator==(const TraceContext&, const TraceContext&) = default;
};

// Returns the sender's context, or nothing unless `header` is well formed. A
// later version of the format is read as far as this one goes, as W3C asks.
std::optional<TraceContext> ParseTraceparent(absl::string_view header);

// Returns the header that passes `context` on.
std::string FormatTraceparent(const TraceContext& context);

// Begins the spans of a process. Thread-safe.
class TraceMaker {
 public:
  // Draws randomness from the operating system.
  TraceMaker();

  // Draws randomness from `seed`, so that a test sees the same ids each time.
  explicit TraceMaker(uint64_t seed);

  // Returns a span caused by the sender of `traceparent`: a new trace, not
  // sampled, when that is empty or malformed.
  TraceContext Continue(absl::string_view traceparent);

  // Returns a span caused by `parent`.
  TraceContext ChildOf(const TraceContext& parent);

 private:
  // Returns 16 hex digits, not all zero.
  std::string RandomHex();

  std::mutex mutex_;
  std::mt19937_64 random_;
};

}  // namespace crm

#endif  // CRM_SHARED_OBSERVE_TRACE_CONTEXT_H_

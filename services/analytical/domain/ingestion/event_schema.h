// The rules of event sources: which schemas there may be, and which events keep
// to them.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_INGESTION_EVENT_SCHEMA_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_INGESTION_EVENT_SCHEMA_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "crm/analytical/v1/event_source.pb.h"
#include "shared/reflect/rule_context.h"

namespace crm::analytical {

// Why an event keeps to no schema.
inline constexpr char kUnknownType[] = "UNKNOWN_TYPE";
inline constexpr char kUnknownVersion[] = "UNKNOWN_VERSION";
inline constexpr char kUnknownField[] = "UNKNOWN_FIELD";
inline constexpr char kFieldMissing[] = "FIELD_MISSING";
inline constexpr char kFieldMalformed[] = "FIELD_MALFORMED";

// Returns INVALID_ARGUMENT with a violation for each schema and field that is
// there twice, and for each schema that was there and is gone or has changed.
absl::Status PrepareEventSource(const v1::EventSource* before,
                                v1::EventSource& after,
                                const RuleContext& context);

// Returns FAILED_PRECONDITION (EVENT_SOURCE_IN_USE) for a source that events
// have come from.
absl::Status CheckEventSourceDeletable(const v1::EventSource& source);

// What is wrong with an event.
struct EventRefusal {
  std::string reason;
  std::string detail;
};

// The schemas of a source, to check many events by. Immutable.
class EventSchemas {
 public:
  // `source` outlives this.
  explicit EventSchemas(const v1::EventSource& source);

  // Returns the first thing that keeps `event` from its schema; nothing if it
  // keeps to it.
  std::optional<EventRefusal> Check(const v1::IncomingEvent& event) const;

 private:
  using Fields = std::map<std::string, const v1::EventSource::EventField*>;

  std::map<std::string, std::map<int32_t, Fields>> schemas_;
};

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_INGESTION_EVENT_SCHEMA_H_

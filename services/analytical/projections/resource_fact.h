// What the warehouse keeps of resources that are no orders: of each one row,
// read from its newest event. Which types these are stands in the source.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_ANALYTICAL_PROJECTIONS_RESOURCE_FACT_H_
#define CRM_SERVICES_ANALYTICAL_PROJECTIONS_RESOURCE_FACT_H_

#include <optional>
#include <string>

#include "absl/numeric/int128.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "crm/internal/v1/event.pb.h"

namespace crm::analytical {

struct ResourceFact {
  std::string uid;
  std::string customer;
  // A customer's segment, an activity's kind, a survey response's touchpoint,
  // the type of what may be double.
  std::string category;
  std::string state;
  // A bit for each of IdentifyingAttributes() that is known of a customer.
  int64_t known = 0;
  // When it was created or begun, and when it was decided, completed or
  // answered.
  absl::Time start_time = absl::UnixEpoch();
  absl::Time end_time = absl::InfiniteFuture();
  // A survey response's place on its scale, from 0 to 10^9.
  absl::int128 value = 0;
};

// Whether facts of resources of this type, as `crm/Customer`, are kept.
bool KeepsFacts(absl::string_view resource_type);

// Returns the fact of an event of such a type, or nothing if the resource is
// deleted. Returns INVALID_ARGUMENT (EVENT_UNREADABLE) if the event does not
// hold the resource.
absl::StatusOr<std::optional<ResourceFact>> ReadFact(
    const internal::v1::Event& event);

// Returns the error of an event that cannot be read: EVENT_UNREADABLE.
absl::Status UnreadableEvent(const internal::v1::Event& event,
                             absl::string_view why);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_PROJECTIONS_RESOURCE_FACT_H_

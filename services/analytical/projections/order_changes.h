// What a run of events comes to: the last state of each order and of each other
// resource that is kept, and how far each ordering key has come.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_ANALYTICAL_PROJECTIONS_ORDER_CHANGES_H_
#define CRM_SERVICES_ANALYTICAL_PROJECTIONS_ORDER_CHANGES_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "crm/internal/v1/event.pb.h"
#include "crm/operational/v1/order.pb.h"
#include "services/analytical/projections/resource_fact.h"

namespace crm::analytical {

// A resource or ordering key of a tenant.
struct TenantKey {
  std::string tenant;
  std::string name;

  friend auto operator<=>(const TenantKey&, const TenantKey&) = default;
};

// How far the events of an ordering key have come.
struct KeyMark {
  int64_t key_version = 0;
  absl::Time event_time;
};

// Which state of an order or other resource it is.
struct OrderVersion {
  std::string uid;
  int64_t version = 0;
  absl::Time event_time;

  // Whether this state was there before `other`. An order that was removed for
  // good may be followed by another one of its name.
  bool ComesBefore(const OrderVersion& other) const {
    return uid == other.uid ? version < other.version
                            : event_time < other.event_time;
  }
};

// What became of an order.
struct OrderState {
  // The order, or nothing if it is gone.
  std::optional<operational::v1::Order> order;
  OrderVersion version;
  // Whether it has changed its customer.
  bool moved = false;
};

// What became of another resource.
struct FactState {
  // Its type, as `crm/Customer`.
  std::string type;
  // What is kept of it, or nothing if it is gone.
  std::optional<ResourceFact> fact;
  OrderVersion version;
  // Whether it has changed its customer.
  bool moved = false;
};

struct OrderChanges {
  // The orders that changed, as they are now.
  std::map<TenantKey, OrderState> orders;
  // The other resources, likewise.
  std::map<TenantKey, FactState> facts;
  std::map<TenantKey, KeyMark> keys;

  // The tenants that have events.
  std::set<std::string> Tenants() const;
};

// Sums up `events`, which are in the order of their feed. Events of resources
// that are not kept, and ignorable ones of kinds that are not known, only move
// their key.
//
// Returns INVALID_ARGUMENT (EVENT_UNREADABLE) if an event does not hold its
// resource, an order with its amounts, and UNIMPLEMENTED (EVENT_TYPE_UNKNOWN)
// for the event of a resource that is kept if its kind is unknown and it is not
// ignorable.
absl::StatusOr<OrderChanges> SumUpEvents(
    absl::Span<const internal::v1::Event> events);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_PROJECTIONS_ORDER_CHANGES_H_

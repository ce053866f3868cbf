#include "services/analytical/projections/order_changes.h"

#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/money.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {
namespace {

using internal::v1::Event;
using operational::v1::Order;

constexpr char kOrderType[] = "crm/Order";

absl::Status CheckAmount(const Event& event, const Order& order,
                         const google::type::Money& amount) {
  // An order without lines costs nothing, and its amount may be unset.
  if (ToNanos(amount) == 0) return absl::OkStatus();
  if (!ValidateMoney(amount, "amount").ok() ||
      amount.currency_code() != order.currency_code()) {
    return UnreadableEvent(event,
                           "an amount is not one of the order's currency");
  }
  return absl::OkStatus();
}

absl::StatusOr<Order> ReadOrder(const Event& event) {
  if (!event.key_id().empty()) {
    return UnreadableEvent(event,
                           "it is encrypted with a key that is not here");
  }
  Order order;
  if (!order.ParseFromString(event.after())) {
    return UnreadableEvent(event, "it does not hold an order");
  }
  if (order.name() != event.resource()) {
    return UnreadableEvent(event, "it holds another resource");
  }
  CRM_RETURN_IF_ERROR(CheckAmount(event, order, order.total()));
  for (const auto& line : order.lines()) {
    CRM_RETURN_IF_ERROR(CheckAmount(event, order, line.amount()));
  }
  return order;
}

// Returns what became of the order of the event.
absl::StatusOr<OrderState> ReadState(const Event& event) {
  OrderState state;
  state.version = {.uid = "",
                   .version = event.resource_version(),
                   .event_time = FromTimestamp(event.event_time())};
  if (event.type() == "order.deleted") {
    // What is gone need not be readable.
    Order gone;
    if (event.key_id().empty() &&
        gone.ParseFromString(event.after().empty() ? event.before()
                                                   : event.after())) {
      state.version.uid = gone.uid();
    }
    return state;
  }
  CRM_ASSIGN_OR_RETURN(Order order, ReadOrder(event));
  state.version.uid = order.uid();
  state.moved = absl::c_linear_search(event.changed_fields(), "customer");
  if (order.has_delete_time()) return state;
  state.order = std::move(order);
  return state;
}

// Returns what became of the other resource of the event.
absl::StatusOr<FactState> ReadFactState(const Event& event) {
  FactState state;
  state.type = event.resource_type();
  state.version = {.uid = "",
                   .version = event.resource_version(),
                   .event_time = FromTimestamp(event.event_time())};
  state.moved = absl::c_linear_search(event.changed_fields(), "customer");
  if (absl::EndsWith(event.type(), ".deleted")) return state;
  CRM_ASSIGN_OR_RETURN(state.fact, ReadFact(event));
  if (state.fact.has_value()) state.version.uid = state.fact->uid;
  return state;
}

// Returns whether the event changes a resource that is kept. One that may, in a
// way that is not known here, is an error: left out, the warehouse would
// silently be wrong.
absl::StatusOr<bool> IsChange(const Event& event) {
  if (event.resource_type() != kOrderType &&
      !KeepsFacts(event.resource_type())) {
    return false;
  }
  const absl::string_view kind =
      absl::string_view(event.type()).substr(event.type().rfind('.') + 1);
  if (kind == "created" || kind == "updated" || kind == "deleted" ||
      kind == "undeleted") {
    return true;
  }
  if (event.ignorable()) return false;
  return MakeError(
      absl::StatusCode::kUnimplemented, "EVENT_TYPE_UNKNOWN",
      absl::StrCat("The event '", event.id(), "' is of the type '",
                   event.type(), "', which this version does not know."),
      {{"event", event.id()}});
}

// Puts a state in the place of the one before, unless that is newer: two keys
// may share a partition, and one of them be behind.
template <typename State>
void Replace(std::map<TenantKey, State>& states, const TenantKey& key,
             State state) {
  const auto [found, added] = states.try_emplace(key);
  if (!added && state.version.ComesBefore(found->second.version)) return;
  state.moved = state.moved || found->second.moved;
  found->second = std::move(state);
}

}  // namespace

std::set<std::string> OrderChanges::Tenants() const {
  std::set<std::string> tenants;
  for (const auto& [key, mark] : keys) tenants.insert(key.tenant);
  return tenants;
}

absl::StatusOr<OrderChanges> SumUpEvents(absl::Span<const Event> events) {
  OrderChanges changes;
  for (const Event& event : events) {
    changes.keys[{event.tenant(), event.ordering_key()}] = {
        event.key_version(), FromTimestamp(event.event_time())};
    CRM_ASSIGN_OR_RETURN(const bool is_change, IsChange(event));
    if (!is_change) continue;
    const TenantKey key{event.tenant(), event.resource()};
    if (event.resource_type() == kOrderType) {
      CRM_ASSIGN_OR_RETURN(OrderState state, ReadState(event));
      Replace(changes.orders, key, std::move(state));
    } else {
      CRM_ASSIGN_OR_RETURN(FactState state, ReadFactState(event));
      Replace(changes.facts, key, std::move(state));
    }
  }
  return changes;
}

}  // namespace crm::analytical

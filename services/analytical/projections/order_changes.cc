#include "services/analytical/projections/order_changes.h"

#include <utility>

#include "absl/algorithm/container.h"
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

absl::Status Unreadable(const Event& event, absl::string_view why) {
  return InvalidArgument(
      "EVENT_UNREADABLE",
      absl::StrCat("The event '", event.id(), "' of '", event.resource(),
                   "' cannot be read: ", why, "."),
      {{"event", event.id()}});
}

absl::Status CheckAmount(const Event& event, const Order& order,
                         const google::type::Money& amount) {
  // An order without lines costs nothing, and its amount may be unset.
  if (ToNanos(amount) == 0) return absl::OkStatus();
  if (!ValidateMoney(amount, "amount").ok() ||
      amount.currency_code() != order.currency_code()) {
    return Unreadable(event, "an amount is not one of the order's currency");
  }
  return absl::OkStatus();
}

absl::StatusOr<Order> ReadOrder(const Event& event) {
  if (!event.key_id().empty()) {
    return Unreadable(event, "it is encrypted with a key that is not here");
  }
  Order order;
  if (!order.ParseFromString(event.after())) {
    return Unreadable(event, "it does not hold an order");
  }
  if (order.name() != event.resource()) {
    return Unreadable(event, "it holds another resource");
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

// Returns whether the event changes an order. One that may, in a way that is
// not known here, is an error: left out, the warehouse would silently be wrong.
absl::StatusOr<bool> IsOrderChange(const Event& event) {
  if (event.resource_type() != kOrderType) return false;
  if (event.type() == "order.created" || event.type() == "order.updated" ||
      event.type() == "order.deleted" || event.type() == "order.undeleted") {
    return true;
  }
  if (event.ignorable()) return false;
  return MakeError(
      absl::StatusCode::kUnimplemented, "EVENT_TYPE_UNKNOWN",
      absl::StrCat("The event '", event.id(), "' is of the type '",
                   event.type(), "', which this version does not know."),
      {{"event", event.id()}});
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
    CRM_ASSIGN_OR_RETURN(const bool is_change, IsOrderChange(event));
    if (!is_change) continue;
    CRM_ASSIGN_OR_RETURN(OrderState state, ReadState(event));
    const TenantKey key{event.tenant(), event.resource()};
    const auto [found, added] = changes.orders.try_emplace(key);
    // Two keys may share a partition, and one of them be behind.
    if (!added && state.version.ComesBefore(found->second.version)) continue;
    state.moved = state.moved || found->second.moved;
    found->second = std::move(state);
  }
  return changes;
}

}  // namespace crm::analytical

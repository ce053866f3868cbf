#include "services/analytical/projections/warehouse_applier.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/analytical/projections/moved_orders.h"
#include "services/analytical/projections/order_changes.h"
#include "services/analytical/projections/order_facts.h"
#include "shared/base/money.h"
#include "shared/base/status_macros.h"
#include "shared/events/parked_events.h"
#include "shared/events/sql_applier.h"

namespace crm::analytical {
namespace {

using internal::v1::Event;
using operational::v1::Order;

constexpr absl::Duration kReadTimeout = absl::Seconds(30);

// Deletes the rows of `table` whose `column` is one of `names`, by tenant.
absl::Status DeleteNamed(
    WarehouseWriter& writer, const FactTable& table, absl::string_view column,
    const std::string& producer,
    const std::map<std::string, std::vector<std::string>>& names) {
  const size_t at_a_time = writer.dialect().names_at_a_time;
  const std::string sql = absl::StrCat(
      "DELETE FROM ", table.name, " WHERE producer = ? AND tenant = ? AND ",
      column, " IN (",
      absl::StrJoin(std::vector<const char*>(at_a_time, "?"), ", "), ")");
  for (const auto& [tenant, list] : names) {
    for (size_t begin = 0; begin < list.size(); begin += at_a_time) {
      std::vector<SqlValue> params = {producer, tenant};
      for (size_t i = begin; i < begin + at_a_time; ++i) {
        params.push_back(list[std::min(i, list.size() - 1)]);
      }
      CRM_RETURN_IF_ERROR(writer.Post(sql, params));
    }
  }
  return absl::OkStatus();
}

int64_t DayOf(absl::Time time) {
  absl::Duration rest;
  const int64_t days =
      absl::IDivDuration(time - absl::UnixEpoch(), absl::Hours(24), &rest);
  return rest < absl::ZeroDuration() ? days - 1 : days;
}

template <typename Map>
std::map<std::string, std::vector<std::string>> NamesByTenant(const Map& map) {
  std::map<std::string, std::vector<std::string>> names;
  for (const auto& [key, value] : map) names[key.tenant].push_back(key.name);
  return names;
}

SqlRow OrderRow(const std::string& producer, const std::string& tenant,
                const Order& order) {
  const absl::Time time = FromTimestamp(
      order.has_order_time() ? order.order_time() : order.create_time());
  return {producer,
          tenant,
          order.name(),
          order.customer(),
          Order::State_Name(order.state()),
          order.currency_code(),
          ToDecimal(ToNanos(order.total())),
          absl::ToUnixMicros(time),
          DayOf(time),
          int64_t{order.lines_size()}};
}

absl::Status WriteVersions(WarehouseWriter& writer, const std::string& producer,
                           const MovedOrders& moved) {
  if (moved.versions.empty()) return absl::OkStatus();
  CRM_RETURN_IF_ERROR(DeleteNamed(writer, kMovedOrders, "name", producer,
                                  NamesByTenant(moved.versions)));
  std::vector<SqlRow> rows;
  for (const auto& [key, version] : moved.versions) {
    rows.push_back({producer, key.tenant, key.name, version.uid,
                    version.version, absl::ToUnixMicros(version.event_time)});
  }
  return writer.Append(kMovedOrders, rows);
}

SqlRow FactRow(const std::string& producer, const TenantKey& key,
               const std::string& type, const ResourceFact& fact) {
  return {producer,
          key.tenant,
          key.name,
          type,
          fact.customer,
          fact.category,
          fact.state,
          fact.known,
          absl::ToUnixMicros(fact.start_time),
          fact.end_time == absl::InfiniteFuture()
              ? kNoEnd
              : absl::ToUnixMicros(fact.end_time),
          ToDecimal(fact.value)};
}

absl::Status WriteFacts(WarehouseWriter& writer, const std::string& producer,
                        const OrderChanges& changes, const MovedOrders& moved) {
  auto names = NamesByTenant(changes.facts);
  for (const TenantKey& key : moved.overtaken) {
    std::erase(names[key.tenant], key.name);
  }
  CRM_RETURN_IF_ERROR(
      DeleteNamed(writer, kResourceFacts, "name", producer, names));
  std::vector<SqlRow> rows;
  for (const auto& [key, state] : changes.facts) {
    if (!state.fact.has_value() || moved.overtaken.contains(key)) continue;
    rows.push_back(FactRow(producer, key, state.type, *state.fact));
  }
  return writer.Append(kResourceFacts, rows);
}

absl::Status WriteOrders(WarehouseWriter& writer, const std::string& producer,
                         const OrderChanges& changes,
                         const MovedOrders& moved) {
  auto names = NamesByTenant(changes.orders);
  for (const TenantKey& key : moved.overtaken) {
    std::erase(names[key.tenant], key.name);
  }
  CRM_RETURN_IF_ERROR(DeleteNamed(writer, kOrders, "name", producer, names));
  CRM_RETURN_IF_ERROR(
      DeleteNamed(writer, kOrderLines, "order_name", producer, names));
  std::vector<SqlRow> orders;
  std::vector<SqlRow> lines;
  for (const auto& [key, state] : changes.orders) {
    const std::optional<Order>& order = state.order;
    if (!order.has_value() || moved.overtaken.contains(key)) continue;
    orders.push_back(OrderRow(producer, key.tenant, *order));
    int64_t number = 0;
    for (const auto& line : order->lines()) {
      lines.push_back({producer, key.tenant, key.name, number++, line.line_id(),
                       line.product(), line.quantity(),
                       ToDecimal(ToNanos(line.amount()))});
    }
  }
  CRM_RETURN_IF_ERROR(writer.Append(kOrders, orders));
  return writer.Append(kOrderLines, lines);
}

// Writes what became of orders and of other resources.
absl::Status WriteStates(WarehouseWriter& writer, const std::string& producer,
                         const OrderChanges& changes) {
  CRM_ASSIGN_OR_RETURN(
      const MovedOrders moved,
      FindMovedOrders(writer, writer.dialect(), producer, changes));
  CRM_RETURN_IF_ERROR(WriteVersions(writer, producer, moved));
  CRM_RETURN_IF_ERROR(WriteOrders(writer, producer, changes, moved));
  return WriteFacts(writer, producer, changes, moved);
}

absl::Status WriteKeys(WarehouseWriter& writer, const std::string& producer,
                       const OrderChanges& changes) {
  CRM_RETURN_IF_ERROR(DeleteNamed(writer, kAppliedKeys, "ordering_key",
                                  producer, NamesByTenant(changes.keys)));
  std::vector<SqlRow> rows;
  for (const auto& [key, mark] : changes.keys) {
    rows.push_back({producer, key.tenant, key.name, mark.key_version,
                    absl::ToUnixMicros(mark.event_time)});
  }
  return writer.Append(kAppliedKeys, rows);
}

}  // namespace

absl::StatusOr<ConsumerState> WarehouseApplier::Load(
    absl::string_view producer) {
  absl::StatusOr<ConsumerState> state;
  CRM_RETURN_IF_ERROR(warehouse_.Read(Deadline(), [&](SqlReader& reader) {
    state = LoadConsumerState(reader, producer);
    return state.status();
  }));
  return state;
}

absl::Status WarehouseApplier::Apply(const FeedStep& step,
                                     absl::Span<const Event> events) {
  CRM_ASSIGN_OR_RETURN(const OrderChanges changes, SumUpEvents(events));
  CRM_RETURN_IF_ERROR(warehouse_.Write(
      {.tenants = changes.Tenants(), .partition = step.partition},
      [&](WarehouseWriter& writer) -> absl::Status {
        CRM_RETURN_IF_ERROR(AdvancePosition(writer, step));
        CRM_RETURN_IF_ERROR(WriteStates(writer, step.producer, changes));
        return WriteKeys(writer, step.producer, changes);
      }));
  applied_.Increment(events.size());
  return absl::OkStatus();
}

absl::StatusOr<int64_t> WarehouseApplier::NoteAttempt(const FeedStep& step) {
  absl::StatusOr<int64_t> attempts;
  CRM_RETURN_IF_ERROR(warehouse_.Write({}, [&](WarehouseWriter& writer) {
    attempts = NoteAttemptIn(writer, step);
    return attempts.status();
  }));
  return attempts;
}

absl::Status WarehouseApplier::ForgetAttempts(const FeedStep& step) {
  return warehouse_.Write({}, [&](WarehouseWriter& writer) {
    return ForgetAttemptsIn(writer, step);
  });
}

absl::StatusOr<std::vector<ParkedEvent>> WarehouseApplier::ListParked(
    absl::string_view tenant, const std::optional<ParkedPlace>& after,
    int limit) {
  absl::StatusOr<std::vector<ParkedEvent>> events;
  CRM_RETURN_IF_ERROR(warehouse_.Read(Deadline(), [&](SqlReader& reader) {
    events = ListParkedEvents(reader, tenant, after, limit);
    return events.status();
  }));
  return events;
}

absl::StatusOr<bool> WarehouseApplier::ReplayParked(absl::string_view producer,
                                                    const ParkedKey& key) {
  bool found = false;
  CRM_RETURN_IF_ERROR(warehouse_.Write(
      {.tenants = {key.tenant}}, [&](WarehouseWriter& writer) -> absl::Status {
        CRM_ASSIGN_OR_RETURN(const std::optional<ParkedEvent> parked,
                             OldestParkedEvent(writer, producer, key));
        found = parked.has_value();
        if (!found) return absl::OkStatus();
        CRM_RETURN_IF_ERROR(
            RemoveParkedEvent(writer, key.tenant, parked->place));
        CRM_ASSIGN_OR_RETURN(const OrderChanges changes,
                             SumUpEvents({parked->event}));
        CRM_RETURN_IF_ERROR(
            WriteStates(writer, parked->place.producer, changes));
        return WriteKeys(writer, parked->place.producer, changes);
      }));
  if (found) applied_.Increment();
  return found;
}

absl::Status WarehouseApplier::Park(const FeedStep& step, const Event& event,
                                    const absl::Status& reason) {
  return warehouse_.Write(
      {.tenants = {event.tenant()}, .partition = step.partition},
      [&](WarehouseWriter& writer) -> absl::Status {
        CRM_RETURN_IF_ERROR(AdvancePosition(writer, step));
        return StoreParkedEvent(writer, step, event, reason, clock_.Now());
      });
}

absl::Status WarehouseApplier::Resync(absl::string_view producer,
                                      int64_t feed_epoch) {
  return warehouse_.Write(
      {.everything = true}, [&](WarehouseWriter& writer) -> absl::Status {
        CRM_ASSIGN_OR_RETURN(const bool has_begun,
                             HasBegun(writer, producer, feed_epoch));
        if (has_begun) return absl::OkStatus();
        for (const FactTable* table : kFactTables) {
          CRM_RETURN_IF_ERROR(writer.Post(
              absl::StrCat("DELETE FROM ", table->name, " WHERE producer = ?"),
              {std::string(producer)}));
        }
        return ResetConsumerState(writer, producer, feed_epoch);
      });
}

absl::Time WarehouseApplier::Deadline() const {
  return clock_.Now() + kReadTimeout;
}

}  // namespace crm::analytical

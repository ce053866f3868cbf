#include "services/analytical/handlers/proposition.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "services/analytical/domain/declared/proposition.h"
#include "services/analytical/projections/metric_facts.h"
#include "services/analytical/projections/order_facts.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {
namespace {

using v1::MeasurePropositionResponse;
using v1::Proposition;
using v1::ServeCost;

absl::StatusOr<MetricWindow> AskedWindow(
    const v1::MeasurePropositionRequest& request, absl::Time now) {
  const MetricWindow window{
      .start = FromTimestamp(request.start_time()),
      .end = request.has_end_time() ? FromTimestamp(request.end_time()) : now};
  std::vector<FieldViolation> violations;
  if (window.end > now) {
    violations.push_back({"end_time", "must not lie in the future."});
  }
  if (window.start >= window.end) {
    violations.push_back({"start_time", "must be before end_time, and now."});
  }
  if (!violations.empty()) return BadRequest(violations);
  return window;
}

// Reads how many orders there were; nothing if the warehouse has none at all.
absl::StatusOr<std::optional<int64_t>> CountOrders(SqlReader& reader,
                                                   const MetricScope& scope,
                                                   const MetricWindow& window) {
  v1::Metric orders;
  orders.set_kind(v1::Metric::ORDERS);
  CRM_ASSIGN_OR_RETURN(const v1::MetricValue value,
                       MeasureMetric(reader, scope, orders, window));
  if (!value.has_value()) return std::nullopt;
  return value.order_count();
}

absl::Status Measure(SqlReader& reader, const Proposition& proposition,
                     const MetricScope& scope, const MetricWindow& window,
                     MeasurePropositionResponse& response) {
  for (const Proposition::Benefit& benefit : proposition.benefits()) {
    CRM_ASSIGN_OR_RETURN(
        const v1::MetricValue value,
        MeasureMetric(reader, scope, benefit.metric(),
                      WindowOf(benefit.metric(), window.start, window.end)));
    *response.add_deliveries() = DeliveryOf(benefit, value);
  }
  CRM_ASSIGN_OR_RETURN(const std::optional<int64_t> orders,
                       CountOrders(reader, scope, window));
  CRM_ASSIGN_OR_RETURN(
      *response.add_costs(),
      CostOf(ServeCost::ORDERS, orders,
             proposition.has_cost_per_order() ? &proposition.cost_per_order()
                                              : nullptr));
  CRM_ASSIGN_OR_RETURN(*response.add_costs(),
                       CostOf(ServeCost::ACTIVITIES, /*count=*/std::nullopt,
                              proposition.has_cost_per_activity()
                                  ? &proposition.cost_per_activity()
                                  : nullptr));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<MeasurePropositionResponse> HandleMeasureProposition(
    Analytics& analytics, const ReadView& view, const CallContext& call,
    const v1::MeasurePropositionRequest& request) {
  CRM_ASSIGN_OR_RETURN(const MetricWindow window,
                       AskedWindow(request, call.now));
  CRM_ASSIGN_OR_RETURN(const Proposition proposition,
                       view.Get<Proposition>(request.name()));
  const MetricScope scope{.tenant = call.principal.tenant,
                          .customers = {proposition.customers().begin(),
                                        proposition.customers().end()}};
  MeasurePropositionResponse response;
  CRM_RETURN_IF_ERROR(analytics.warehouse.Read(
      call.deadline, [&](SqlReader& reader) -> absl::Status {
        response.Clear();
        CRM_RETURN_IF_ERROR(
            Measure(reader, proposition, scope, window, response));
        CRM_ASSIGN_OR_RETURN(*response.mutable_freshness(),
                             ReadFreshness(reader, scope.tenant, call.now));
        return absl::OkStatus();
      }));
  response.set_is_complete(
      std::all_of(response.deliveries().begin(), response.deliveries().end(),
                  [](const auto& item) { return item.value().has_value(); }) &&
      std::all_of(response.costs().begin(), response.costs().end(),
                  [](const auto& item) { return item.is_known(); }));
  return response;
}

}  // namespace crm::analytical

#include "services/analytical/handlers/strategy.h"

#include <cstdint>
#include <optional>
#include <utility>

#include "services/analytical/domain/declared/strategy.h"
#include "services/analytical/projections/metric_facts.h"
#include "services/analytical/projections/order_facts.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {

absl::StatusOr<v1::MeasureStrategyResponse> HandleMeasureStrategy(
    Analytics& analytics, const ReadView& view, const CallContext& call,
    const v1::MeasureStrategyRequest& request) {
  const absl::Time as_of =
      request.has_as_of_time() ? FromTimestamp(request.as_of_time()) : call.now;
  if (as_of > call.now) {
    return BadField("as_of_time", "must not lie in the future.");
  }
  CRM_ASSIGN_OR_RETURN(const v1::Strategy strategy,
                       view.Get<v1::Strategy>(request.name()));
  const MetricScope scope{.tenant = call.principal.tenant};
  v1::MeasureStrategyResponse response;
  CRM_RETURN_IF_ERROR(analytics.warehouse.Read(
      call.deadline, [&](SqlReader& reader) -> absl::Status {
        response.clear_statuses();
        for (const v1::Strategy::Objective& objective : strategy.objectives()) {
          CRM_ASSIGN_OR_RETURN(v1::MetricValue value,
                               MeasureMetric(reader, scope, objective.metric(),
                                             WindowOf(objective, as_of)));
          const auto known = value.has_value()
                                 ? std::optional(value.value_millionths())
                                 : std::nullopt;
          v1::ObjectiveStatus& standing = *response.add_statuses();
          standing = StandingOf(objective, known, as_of);
          *standing.mutable_value() = std::move(value);
        }
        CRM_ASSIGN_OR_RETURN(*response.mutable_freshness(),
                             ReadFreshness(reader, scope.tenant, call.now));
        return absl::OkStatus();
      }));
  *response.mutable_as_of_time() = ToTimestamp(as_of);
  return response;
}

}  // namespace crm::analytical

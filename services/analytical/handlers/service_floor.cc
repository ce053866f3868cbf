#include "services/analytical/handlers/service_floor.h"

#include <optional>
#include <vector>

#include "services/analytical/domain/frameworks/service_floor.h"
#include "services/analytical/handlers/asked_period.h"
#include "services/analytical/handlers/score_cursor.h"
#include "services/analytical/projections/activity_facts.h"
#include "services/analytical/projections/order_facts.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {

absl::StatusOr<v1::ServiceFloorReport> HandleMeasureServiceFloor(
    Analytics& analytics, const ReadView& view, const CallContext& call,
    const v1::MeasureServiceFloorRequest& request) {
  CRM_ASSIGN_OR_RETURN(const MeasureQuestion period,
                       AskedPeriod(call, request));
  if (period.end > call.now) {
    return BadField("end_time", "must not be in the future.");
  }
  CRM_ASSIGN_OR_RETURN(
      const std::optional<v1::ClvModel> model,
      ChooseClvModel(view, call, request.clv_model(), period.end));
  v1::ServiceFloorReport report;
  std::vector<CustomerService> service;
  CRM_RETURN_IF_ERROR(analytics.warehouse.Read(
      call.deadline, [&](SqlReader& reader) -> absl::Status {
        CRM_ASSIGN_OR_RETURN(
            service, ReadService(reader, {.tenant = period.tenant,
                                          .start = period.start,
                                          .end = period.end,
                                          .standard = absl::Minutes(
                                              request.standard_minutes())}));
        CRM_ASSIGN_OR_RETURN(*report.mutable_freshness(),
                             ReadFreshness(reader, period.tenant, call.now));
        return absl::OkStatus();
      }));
  if (!model.has_value()) return report;
  report.set_clv_model(model->name());
  ScoreCursor scores(view.reader(),
                     {kClvScoreBlocks, view.tenant(), model->uid()},
                     /*position=*/0);
  ServiceTallies tallies;
  for (const CustomerService& customer : service) {
    CRM_ASSIGN_OR_RETURN(const auto tier, scores.TierOf(customer.customer));
    tallies[tier].Add(customer.tally);
  }
  FillServiceFloor(tallies, request.floor_millionths(), report);
  return report;
}

}  // namespace crm::analytical

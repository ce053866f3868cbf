#include "services/analytical/handlers/experience_map.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "services/analytical/domain/lifecycle/experience.h"
#include "services/analytical/handlers/lifecycle_scan.h"
#include "services/analytical/projections/order_facts.h"
#include "services/analytical/projections/touchpoints.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {
namespace {

constexpr int64_t kMaxTouchpoints = 200'000;
constexpr size_t kMaxShown = 500;

using Timelines = std::map<std::string, LifecycleTimeline>;

LifecyclePlace PlaceOf(const Timelines& timelines, const TouchpointFact& fact) {
  const auto found = timelines.find(fact.customer);
  return found == timelines.end() ? LifecyclePlace()
                                  : found->second.At(fact.time);
}

// Adds the newest touchpoints, the oldest of them first.
void Show(std::vector<v1::Touchpoint> touchpoints, v1::ExperienceMap& map) {
  std::sort(touchpoints.begin(), touchpoints.end(),
            [](const v1::Touchpoint& a, const v1::Touchpoint& b) {
              const absl::Time a_time = FromTimestamp(a.touch_time());
              const absl::Time b_time = FromTimestamp(b.touch_time());
              return std::tie(a_time, a.origin()) <
                     std::tie(b_time, b.origin());
            });
  const size_t left_out =
      touchpoints.size() - std::min(touchpoints.size(), kMaxShown);
  for (size_t i = left_out; i < touchpoints.size(); ++i) {
    *map.add_touchpoints() = std::move(touchpoints[i]);
  }
}

}  // namespace

absl::StatusOr<v1::ExperienceMap> HandleGetExperienceMap(
    Analytics& analytics, const ReadView& view, const CallContext& call,
    const v1::GetExperienceMapRequest& request) {
  const absl::Time end =
      request.has_end_time() ? FromTimestamp(request.end_time()) : call.now;
  const TouchpointQuestion question{
      .tenant = call.principal.tenant,
      .customer = request.customer(),
      .start = request.has_start_time() ? FromTimestamp(request.start_time())
                                        : absl::InfinitePast(),
      .end = end,
      .most = kMaxTouchpoints};
  if (question.start >= end) {
    return BadField("end_time", "must be after start_time.");
  }
  Timelines timelines;
  CRM_RETURN_IF_ERROR(VisitJourneys(
      view, call, request.customer(), [&](const v1::LifecycleJourney& journey) {
        timelines[journey.customer()].Add(journey);
      }));

  v1::ExperienceMap map;
  CRM_RETURN_IF_ERROR(analytics.warehouse.Read(
      call.deadline, [&](SqlReader& reader) -> absl::Status {
        ExperienceCounter counter;
        std::vector<v1::Touchpoint> touchpoints;
        CRM_RETURN_IF_ERROR(
            VisitTouchpoints(reader, question, [&](const TouchpointFact& fact) {
              v1::Touchpoint touchpoint =
                  counter.Add(fact, PlaceOf(timelines, fact));
              if (!request.customer().empty()) {
                touchpoints.push_back(std::move(touchpoint));
              }
            }));
        map = counter.Result();
        Show(std::move(touchpoints), map);
        CRM_ASSIGN_OR_RETURN(*map.mutable_freshness(),
                             ReadFreshness(reader, question.tenant, call.now));
        return absl::OkStatus();
      }));
  if (request.has_start_time()) {
    *map.mutable_start_time() = request.start_time();
  }
  *map.mutable_end_time() = ToTimestamp(end);
  return map;
}

}  // namespace crm::analytical

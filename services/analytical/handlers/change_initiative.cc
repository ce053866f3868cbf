#include "services/analytical/handlers/change_initiative.h"

#include <cstddef>
#include <cstdint>

#include "services/analytical/domain/declared/change_initiative.h"
#include "services/analytical/handlers/usage_days.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {
namespace {

using v1::ChangeInitiative;

constexpr size_t kMaxPoints = 100;
constexpr int kDefaultPeriodDays = 7;

absl::StatusOr<DayRange> DaysOf(const v1::MeasureAdoptionRequest& request,
                                const ChangeInitiative& initiative,
                                absl::Time now) {
  const absl::CivilDay today = absl::ToCivilDay(now, absl::UTCTimeZone());
  const DayRange days{
      ToCivil(initiative.start_date()),
      request.has_as_of_date() ? ToCivil(request.as_of_date()) : today};
  if (days.last > today) {
    return BadField("as_of_date", "must not lie in the future.");
  }
  if (days.last < days.first) {
    return BadField("as_of_date",
                    "must not be before the start_date of the initiative.");
  }
  return days;
}

}  // namespace

absl::StatusOr<v1::MeasureAdoptionResponse> HandleMeasureAdoption(
    const ReadView& view, const CallContext& call,
    const v1::MeasureAdoptionRequest& request) {
  CRM_ASSIGN_OR_RETURN(const ChangeInitiative initiative,
                       view.Get<ChangeInitiative>(request.name()));
  CRM_ASSIGN_OR_RETURN(const DayRange days,
                       DaysOf(request, initiative, call.now));
  const int64_t target = initiative.target_users_size();
  UsageQuestion question{
      .tenant = call.principal.tenant,
      .resource_types = {initiative.used_resource_types().begin(),
                         initiative.used_resource_types().end()},
      .days = days};
  v1::MeasureAdoptionResponse response;
  response.set_target_user_count(static_cast<int32_t>(target));
  CRM_ASSIGN_OR_RETURN(const int64_t anybody,
                       CountActiveUsers(view.reader(), question));
  if (anybody == 0 || target == 0) return response;

  question.users = {initiative.target_users().begin(),
                    initiative.target_users().end()};
  CRM_ASSIGN_OR_RETURN(const int64_t active,
                       CountActiveUsers(view.reader(), question));
  response.set_has_adoption(true);
  response.set_active_user_count(static_cast<int32_t>(active));
  response.set_adoption_millionths(AdoptionOf(active, target));
  const int period =
      request.period_days() == 0 ? kDefaultPeriodDays : request.period_days();
  for (const DayRange& range : PeriodsOf(days, period, kMaxPoints)) {
    question.days = range;
    CRM_ASSIGN_OR_RETURN(const int64_t count,
                         CountActiveUsers(view.reader(), question));
    v1::AdoptionPoint& point = *response.add_points();
    *point.mutable_start_date() = ToDate(range.first);
    *point.mutable_end_date() = ToDate(range.last);
    point.set_active_user_count(static_cast<int32_t>(count));
    point.set_adoption_millionths(AdoptionOf(count, target));
  }
  return response;
}

}  // namespace crm::analytical

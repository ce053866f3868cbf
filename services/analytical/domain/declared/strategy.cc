#include "services/analytical/domain/declared/strategy.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace crm::analytical {
namespace {

using v1::ObjectiveStatus;
using v1::Strategy;

absl::Time EndOf(const google::type::Date& date) {
  return StartOf(date) + absl::Hours(24);
}

// How far `to` lies from `from` in the objective's direction.
absl::int128 Distance(const Strategy::Objective& objective, int64_t from,
                      int64_t to) {
  const absl::int128 distance = absl::int128(to) - from;
  return objective.direction() == Strategy::DECREASE ? -distance : distance;
}

void CheckObjective(const Strategy::Objective& objective, const std::string& at,
                    std::vector<FieldViolation>& violations) {
  CheckMetric(objective.metric(), absl::StrCat(at, ".metric"), violations);
  if (StartOf(objective.due_date()) < StartOf(objective.start_date())) {
    violations.push_back(
        {absl::StrCat(at, ".due_date"), "must not be before start_date."});
  }
  if (Distance(objective, objective.baseline_millionths(),
               objective.target_millionths()) <= 0) {
    violations.push_back({absl::StrCat(at, ".target_millionths"),
                          "must lie beyond baseline_millionths, in the "
                          "direction of the objective."});
  }
  if (objective.direction() == Strategy::DECREASE &&
      IsTotal(objective.metric().kind()) &&
      objective.metric().period_days() == 0) {
    violations.push_back({absl::StrCat(at, ".metric.period_days"),
                          "must be set: what is counted since the start does "
                          "not fall."});
  }
}

// The whole time that an objective has, and what of it is over, in
// microseconds.
struct Way {
  int64_t whole = 1;
  int64_t done = 0;
};

Way WayOf(const Strategy::Objective& objective, absl::Time as_of) {
  const absl::Time start = StartOf(objective.start_date());
  Way way;
  way.whole = absl::ToInt64Microseconds(EndOf(objective.due_date()) - start);
  way.done = std::clamp<int64_t>(absl::ToInt64Microseconds(as_of - start), 0,
                                 way.whole);
  return way;
}

ObjectiveStatus::Status Judge(const Strategy::Objective& objective,
                              int64_t value, const Way& way) {
  const int64_t baseline = objective.baseline_millionths();
  const absl::int128 target =
      Distance(objective, baseline, objective.target_millionths());
  const absl::int128 reached = Distance(objective, baseline, value);
  if (reached >= target) return ObjectiveStatus::MET;
  if (way.done == way.whole) return ObjectiveStatus::MISSED;
  return reached * way.whole < target * way.done ? ObjectiveStatus::AT_RISK
                                                 : ObjectiveStatus::ON_TRACK;
}

}  // namespace

absl::Status PrepareStrategy(const Strategy* /*before*/, Strategy& after,
                             const RuleContext& /*context*/) {
  std::vector<FieldViolation> violations;
  std::set<std::string> ids;
  for (int i = 0; i < after.objectives_size(); ++i) {
    const Strategy::Objective& objective = after.objectives(i);
    const std::string at = absl::StrCat("strategy.objectives[", i, "]");
    if (!ids.insert(objective.objective_id()).second) {
      violations.push_back({absl::StrCat(at, ".objective_id"),
                            "repeats the id of another objective."});
    }
    CheckObjective(objective, at, violations);
  }
  return violations.empty() ? absl::OkStatus() : BadRequest(violations);
}

MetricWindow WindowOf(const Strategy::Objective& objective, absl::Time as_of) {
  return WindowOf(objective.metric(), StartOf(objective.start_date()),
                  std::min(as_of, EndOf(objective.due_date())));
}

ObjectiveStatus StandingOf(const Strategy::Objective& objective,
                           std::optional<int64_t> value, absl::Time as_of) {
  const Way way = WayOf(objective, as_of);
  ObjectiveStatus standing;
  standing.set_objective_id(objective.objective_id());
  const absl::int128 way_to_go = absl::int128(objective.target_millionths()) -
                                 objective.baseline_millionths();
  standing.set_expected_millionths(
      static_cast<int64_t>(objective.baseline_millionths() +
                           DivideRounded(way_to_go * way.done, way.whole)));
  standing.set_status(value.has_value() ? Judge(objective, *value, way)
                                        : ObjectiveStatus::NO_DATA);
  return standing;
}

}  // namespace crm::analytical

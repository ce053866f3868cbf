#include "services/analytical/domain/frameworks/crm_project.h"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/civil_time.h"
#include "google/protobuf/util/message_differencer.h"
#include "services/analytical/domain/frameworks/critical_path.h"
#include "shared/base/errors.h"

namespace crm::analytical {
namespace {

using Milestones =
    google::protobuf::RepeatedPtrField<v1::CrmProject::Milestone>;

bool HasEnded(const v1::CrmProject& project) {
  return project.state() == v1::CrmProject::DONE ||
         project.state() == v1::CrmProject::STOPPED;
}

bool SamePlan(const v1::CrmProject& a, const v1::CrmProject& b) {
  google::protobuf::util::MessageDifferencer differencer;
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  for (const int number : {v1::CrmProject::kStartDateFieldNumber,
                           v1::CrmProject::kMilestonesFieldNumber,
                           v1::CrmProject::kRisksFieldNumber}) {
    fields.push_back(v1::CrmProject::descriptor()->FindFieldByNumber(number));
  }
  return differencer.CompareWithFields(a, b, fields, fields);
}

std::map<std::string, int> IndexesOf(const Milestones& milestones) {
  std::map<std::string, int> indexes;
  for (int i = 0; i < milestones.size(); ++i) {
    indexes[milestones[i].milestone_id()] = i;
  }
  return indexes;
}

// Milestones whose references lead nowhere wait for the others alone.
std::vector<PlannedWork> WorkOf(const Milestones& milestones) {
  const std::map<std::string, int> indexes = IndexesOf(milestones);
  std::vector<PlannedWork> work;
  for (const auto& milestone : milestones) {
    PlannedWork& piece = work.emplace_back();
    piece.duration = milestone.duration_days();
    for (const std::string& id : milestone.after_milestones()) {
      const auto found = indexes.find(id);
      if (found != indexes.end()) piece.after.push_back(found->second);
    }
  }
  return work;
}

std::vector<FieldViolation> ViolationsOf(const v1::CrmProject& project) {
  std::vector<FieldViolation> violations;
  const std::map<std::string, int> indexes = IndexesOf(project.milestones());
  for (int i = 0; i < project.milestones_size(); ++i) {
    const v1::CrmProject::Milestone& milestone = project.milestones(i);
    const std::string at = absl::StrCat("crm_project.milestones[", i, "]");
    if (indexes.at(milestone.milestone_id()) != i) {
      violations.push_back({absl::StrCat(at, ".milestone_id"),
                            "repeats the id of another milestone."});
    }
    std::set<std::string> seen;
    for (int j = 0; j < milestone.after_milestones_size(); ++j) {
      const std::string& id = milestone.after_milestones(j);
      const std::string field = absl::StrCat(at, ".after_milestones[", j, "]");
      if (!indexes.contains(id)) {
        violations.push_back({field, "is no milestone of the project."});
      } else if (id == milestone.milestone_id()) {
        violations.push_back({field, "is the milestone itself."});
      } else if (!seen.insert(id).second) {
        violations.push_back({field, "is there twice."});
      }
    }
  }
  std::set<std::string> risks;
  for (int i = 0; i < project.risks_size(); ++i) {
    if (risks.insert(project.risks(i).risk_id()).second) continue;
    violations.push_back({absl::StrCat("crm_project.risks[", i, "].risk_id"),
                          "repeats the id of another risk."});
  }
  return violations;
}

absl::Status CheckAcyclic(const v1::CrmProject& project) {
  const auto plan = Plan(WorkOf(project.milestones()));
  const auto* cycle = std::get_if<Cycle>(&plan);
  if (cycle == nullptr) return absl::OkStatus();
  std::vector<std::string> ids;
  for (const int i : *cycle) {
    ids.push_back(project.milestones(i).milestone_id());
  }
  ids.push_back(ids.front());
  return FailedPrecondition(
      "MILESTONES_IN_CYCLE",
      absl::StrCat("Milestones wait for each other in a circle: ",
                   absl::StrJoin(ids, " after "), "."),
      project.name(), {{"cycle", absl::StrJoin(ids, ",")}});
}

absl::Status CheckReached(const v1::CrmProject& project) {
  std::vector<std::string> open;
  for (const auto& milestone : project.milestones()) {
    if (!milestone.has_completed_date()) {
      open.push_back(milestone.milestone_id());
    }
  }
  if (open.empty()) return absl::OkStatus();
  return FailedPrecondition(
      "MILESTONES_OPEN",
      absl::StrCat("'", project.name(), "' has milestones without a ",
                   "completed_date: ", absl::StrJoin(open, ", "), "."),
      project.name(), {{"open_milestones", absl::StrJoin(open, ",")}});
}

}  // namespace

absl::Status PrepareCrmProject(const v1::CrmProject* before,
                               v1::CrmProject& after,
                               const RuleContext& /*context*/) {
  if (before != nullptr && HasEnded(*before)) {
    if (SamePlan(*before, after)) return absl::OkStatus();
    return FailedPrecondition(
        "PROJECT_ENDED",
        absl::StrCat("'", after.name(), "' is ",
                     v1::CrmProject::State_Name(before->state()),
                     "; its plan does not change any more."),
        after.name());
  }
  const std::vector<FieldViolation> violations = ViolationsOf(after);
  if (!violations.empty()) return BadRequest(violations);
  if (after.state() == v1::CrmProject::DONE) return CheckReached(after);
  return CheckAcyclic(after);
}

v1::ComputeCriticalPathResponse CriticalPathOf(const v1::CrmProject& project) {
  v1::ComputeCriticalPathResponse response;
  const auto planned = Plan(WorkOf(project.milestones()));
  const auto* plan = std::get_if<ProjectTimes>(&planned);
  // What is stored has no cycle.
  if (plan == nullptr) return response;
  for (int i = 0; i < project.milestones_size(); ++i) {
    const WorkTimes& times = plan->times[i];
    v1::MilestoneSchedule& schedule = *response.add_schedules();
    schedule.set_milestone_id(project.milestones(i).milestone_id());
    schedule.set_earliest_start_day(times.earliest_start);
    schedule.set_earliest_finish_day(times.earliest_finish);
    schedule.set_latest_start_day(times.latest_start);
    schedule.set_latest_finish_day(times.latest_finish);
    schedule.set_slack_days(times.slack());
    schedule.set_critical(times.slack() == 0);
  }
  for (const int i : plan->critical_path) {
    response.add_critical_path(project.milestones(i).milestone_id());
  }
  response.set_duration_days(plan->duration);
  const google::type::Date& start = project.start_date();
  const absl::CivilDay finish =
      absl::CivilDay(start.year(), start.month(), start.day()) + plan->duration;
  response.mutable_finish_date()->set_year(static_cast<int>(finish.year()));
  response.mutable_finish_date()->set_month(finish.month());
  response.mutable_finish_date()->set_day(finish.day());
  int64_t delay = 0;
  for (const auto& risk : project.risks()) {
    if (risk.closed()) continue;
    delay += int64_t{risk.probability_millionths()} * risk.delay_days();
  }
  response.set_expected_delay_millionths(delay);
  return response;
}

}  // namespace crm::analytical

#include "services/analytical/handlers/own_measurements.h"

#include <string>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/time/civil_time.h"
#include "crm/analytical/v1/assessment.pb.h"
#include "crm/analytical/v1/crm_project.pb.h"
#include "crm/analytical/v1/rubric.pb.h"
#include "services/analytical/domain/frameworks/metrics.h"
#include "services/analytical/domain/frameworks/weighted_mean.h"
#include "services/analytical/handlers/declared_measurements.h"
#include "services/analytical/handlers/measured_rows.h"
#include "shared/base/clock.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {
namespace {

absl::Status AddTiered(const ReadView& view, const CallContext& call,
                       const OwnQuestion& question,
                       Measurements& measurements) {
  CRM_ASSIGN_OR_RETURN(const std::optional<v1::ClvModel> model,
                       NewestClvModel(view, call, question.end));
  if (!model.has_value()) return absl::OkStatus();
  const bool tells = model->purchase_fit().verdict() == v1::ClvFit::CONVERGED &&
                     model->value_fit().verdict() == v1::ClvFit::CONVERGED;
  measurements[std::string(kMetricTiered)] = {
      .value = MakeQuotient(tells ? model->customer_count() : 0,
                            question.customer_count),
      .count = question.customer_count,
      .sources = {model->name(), "customers"}};
  return absl::OkStatus();
}

bool IsReached(const v1::CrmProject::Milestone& milestone, absl::Time end) {
  if (!milestone.has_completed_date()) return false;
  const auto& date = milestone.completed_date();
  return absl::CivilDay(date.year(), date.month(), date.day()) <=
         absl::ToCivilDay(end, absl::UTCTimeZone());
}

absl::Status AddMilestones(const ReadView& view, const CallContext& call,
                           const OwnQuestion& question,
                           Measurements& measurements) {
  int64_t reached = 0;
  int64_t all = 0;
  Measurement measurement;
  bool any = false;
  CRM_RETURN_IF_ERROR(ScanMeasured<v1::CrmProject>(
      view, call, "milestones", [&](const v1::CrmProject& project) {
        const bool counts =
            project.has_activate_time() &&
            FromTimestamp(project.activate_time()) <= question.end &&
            project.state() != v1::CrmProject::STOPPED;
        if (!counts) return absl::OkStatus();
        any = true;
        for (const auto& milestone : project.milestones()) {
          ++all;
          if (IsReached(milestone, question.end)) ++reached;
        }
        AddSource(project.name(), measurement);
        return absl::OkStatus();
      }));
  if (!any) return absl::OkStatus();
  measurement.value = MakeQuotient(reached, all);
  measurement.count = all;
  measurements[std::string(kMetricMilestones)] = std::move(measurement);
  return absl::OkStatus();
}

struct AssessedMetric {
  absl::string_view metric;
  v1::Rubric::Subject subject;
};

constexpr AssessedMetric kAssessed[] = {
    {kMetricReadiness, v1::Rubric::CRM_READINESS},
    {kMetricLeadership, v1::Rubric::LEADERSHIP_AND_CULTURE},
    {kMetricProcurement, v1::Rubric::PROCUREMENT_PROCESSES},
    {kMetricHr, v1::Rubric::HR_MANAGEMENT_PROCESSES},
    {kMetricData, v1::Rubric::DATA_MANAGEMENT_PROCESSES},
    {kMetricOrganization, v1::Rubric::ORGANIZATION_DESIGN}};

// Whether it was scored by then. What took its place afterwards was not there.
bool WasScored(const v1::Assessment& assessment, absl::Time end) {
  return assessment.has_score_time() &&
         FromTimestamp(assessment.score_time()) <= end &&
         (!assessment.has_supersede_time() ||
          FromTimestamp(assessment.supersede_time()) > end);
}

absl::Status AddAssessments(const ReadView& view, const CallContext& call,
                            const OwnQuestion& question,
                            Measurements& measurements) {
  std::map<v1::Rubric::Subject, v1::Assessment> newest;
  CRM_RETURN_IF_ERROR(ScanMeasured<v1::Assessment>(
      view, call, "score_millionths",
      [&](const v1::Assessment& assessment) -> absl::Status {
        // A team's is not the organization's.
        if (!WasScored(assessment, question.end) ||
            !assessment.team().empty()) {
          return absl::OkStatus();
        }
        CRM_ASSIGN_OR_RETURN(const v1::Rubric rubric,
                             view.Get<v1::Rubric>(assessment.rubric()));
        v1::Assessment& before = newest[rubric.subject()];
        if (before.name().empty() ||
            FromTimestamp(before.score_time()) <
                FromTimestamp(assessment.score_time())) {
          before = assessment;
        }
        return absl::OkStatus();
      }));
  for (const AssessedMetric& assessed : kAssessed) {
    const auto found = newest.find(assessed.subject);
    if (found == newest.end()) continue;
    const v1::Assessment& assessment = found->second;
    Measurement measurement{
        .value = std::nullopt, .count = 1, .sources = {assessment.name()}};
    if (assessment.has_score()) {
      measurement.value = MakeQuotient(assessment.score_millionths(), kWhole);
    }
    measurements[std::string(assessed.metric)] = std::move(measurement);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status AddOwnMeasurements(const ReadView& view, const CallContext& call,
                                const OwnQuestion& question,
                                Measurements& measurements) {
  const FrameworkData& framework = question.framework;
  if (Asks(framework, kMetricTiered) && question.segment.empty()) {
    CRM_RETURN_IF_ERROR(AddTiered(view, call, question, measurements));
  }
  if (Asks(framework, kMetricMilestones)) {
    CRM_RETURN_IF_ERROR(AddMilestones(view, call, question, measurements));
  }
  const bool assessed = absl::c_any_of(kAssessed, [&](const auto& candidate) {
    return Asks(framework, candidate.metric);
  });
  if (assessed) {
    CRM_RETURN_IF_ERROR(AddAssessments(view, call, question, measurements));
  }
  return AddDeclaredMeasurements(view, call, question, measurements);
}

absl::StatusOr<std::optional<v1::ClvModel>> NewestClvModel(
    const ReadView& view, const CallContext& call, absl::Time end) {
  std::optional<v1::ClvModel> newest;
  const auto time_of = [](const v1::ClvModel& model) {
    return FromTimestamp(model.as_of_time());
  };
  CRM_RETURN_IF_ERROR(ScanMeasured<v1::ClvModel>(
      view, call, "customer_count", [&](const v1::ClvModel& model) {
        const bool newer =
            time_of(model) <= end &&
            (!newest.has_value() || time_of(*newest) < time_of(model) ||
             (time_of(*newest) == time_of(model) &&
              FromTimestamp(newest->create_time()) <
                  FromTimestamp(model.create_time())));
        if (newer) newest = model;
        return absl::OkStatus();
      }));
  return newest;
}

}  // namespace crm::analytical

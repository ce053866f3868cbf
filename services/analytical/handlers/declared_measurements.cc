#include "services/analytical/handlers/declared_measurements.h"

#include <string>
#include <utility>
#include <vector>

#include "crm/analytical/v1/change_initiative.pb.h"
#include "crm/analytical/v1/enablement_program.pb.h"
#include "crm/analytical/v1/external_factor.pb.h"
#include "services/analytical/domain/declared/change_initiative.h"
#include "services/analytical/domain/declared/enablement_program.h"
#include "services/analytical/domain/declared/external_factor.h"
#include "services/analytical/domain/frameworks/metrics.h"
#include "services/analytical/handlers/counted_part.h"
#include "services/analytical/handlers/measured_rows.h"
#include "services/analytical/handlers/pulse_tallies.h"
#include "services/analytical/handlers/usage_days.h"
#include "shared/base/clock.h"
#include "shared/base/status_macros.h"
#include "shared/resource/row_scan.h"

namespace crm::analytical {
namespace {

using v1::ChangeInitiative;
using v1::EnablementProgram;
using v1::ExternalFactor;

// A factor leads to two parts of the model.
constexpr int64_t kEffectsOfFactor = 2;

// Whether it had begun, and was not given up.
template <typename T>
bool IsUnderWay(const T& resource, absl::Time end) {
  return resource.has_activate_time() &&
         FromTimestamp(resource.activate_time()) <= end &&
         (!resource.has_stop_time() ||
          FromTimestamp(resource.stop_time()) > end);
}

absl::Status AddFactors(const ReadView& view, const CallContext& call,
                        const OwnQuestion& question,
                        Measurements& measurements) {
  v1::ComputeFactorGraphRequest asked;
  asked.set_segment(question.segment);
  CountedPart declared;
  CRM_RETURN_IF_ERROR(ScanMeasured<ExternalFactor>(
      view, call, "effects", [&](const ExternalFactor& factor) {
        if (!IsDeclared(factor, question.end)) return absl::OkStatus();
        declared.known = true;
        if (IsInForce(factor, question.end) && Concerns(factor, asked)) {
          declared.Add(factor.name(), factor.effects_size(), kEffectsOfFactor,
                       1);
        }
        return absl::OkStatus();
      }));
  std::move(declared).Set(kMetricFactors, measurements);
  return absl::OkStatus();
}

// Adds how many of the users meant by an initiative changed anything of what it
// is about; nothing if nobody at all did.
absl::Status AddAdoption(const ReadView& view, const ChangeInitiative& change,
                         absl::Time end, CountedPart& adopted) {
  UsageQuestion question{
      .tenant = view.tenant(),
      .resource_types = {change.used_resource_types().begin(),
                         change.used_resource_types().end()},
      .days = {ToCivil(change.start_date()),
               absl::ToCivilDay(end, absl::UTCTimeZone())}};
  if (question.days.last < question.days.first) return absl::OkStatus();
  CRM_ASSIGN_OR_RETURN(const int64_t anybody,
                       CountActiveUsers(view.reader(), question));
  if (anybody == 0 || change.target_users().empty()) return absl::OkStatus();
  question.users = {change.target_users().begin(), change.target_users().end()};
  CRM_ASSIGN_OR_RETURN(const int64_t active,
                       CountActiveUsers(view.reader(), question));
  const int64_t target = change.target_users_size();
  adopted.Add(change.name(), active, target, target);
  return absl::OkStatus();
}

absl::Status AddChanges(const ReadView& view, const CallContext& call,
                        const OwnQuestion& question,
                        Measurements& measurements) {
  const bool asks_adoption = Asks(question.framework, kMetricAdoption);
  CRM_RETURN_IF_ERROR(CheckSummable(
      view, call, *view.catalog().Find(ChangeInitiative::descriptor()),
      "sponsor"));
  CountedPart adopted;
  CountedPart sponsored;
  CRM_RETURN_IF_ERROR(ScanMeasured<ChangeInitiative>(
      view, call, "target_users",
      [&](const ChangeInitiative& change) -> absl::Status {
        if (!IsDeclared(change, question.end)) return absl::OkStatus();
        adopted.known = sponsored.known = true;
        if (!IsUnderWay(change, question.end)) return absl::OkStatus();
        sponsored.Add(change.name(), change.sponsor().empty() ? 0 : 1, 1, 1);
        return asks_adoption ? AddAdoption(view, change, question.end, adopted)
                             : absl::OkStatus();
      }));
  std::move(sponsored).Set(kMetricSponsored, measurements);
  if (asks_adoption) std::move(adopted).Set(kMetricAdoption, measurements);
  return absl::OkStatus();
}

// Adds the answers to the closed surveys of a program, but for those of too
// few.
absl::Status AddPulses(const ReadView& view, const EnablementProgram& program,
                       absl::Time end, CountedPart& engaged) {
  for (const EnablementProgram::Survey& survey : program.surveys()) {
    if (!IsClosed(survey, end)) continue;
    CRM_ASSIGN_OR_RETURN(
        const std::vector<PulseTally> tallies,
        ReadTallies(view.reader(), {.tenant = view.tenant(),
                                    .program_uid = program.uid(),
                                    .survey_id = survey.survey_id()}));
    int64_t points = 0;
    int64_t responses = 0;
    for (const PulseTally& tally : tallies) {
      points += tally.points;
      responses += tally.response_count;
    }
    if (responses < program.min_group_size()) continue;
    engaged.Add(program.name(), points,
                absl::int128(responses) * survey.best_points(), responses);
  }
  return absl::OkStatus();
}

absl::Status AddEnablement(const ReadView& view, const CallContext& call,
                           const OwnQuestion& question,
                           Measurements& measurements) {
  const bool asks_pulses = Asks(question.framework, kMetricEngagement);
  CountedPart trained;
  CountedPart engaged;
  CRM_RETURN_IF_ERROR(ScanMeasured<EnablementProgram>(
      view, call, "participants",
      [&](const EnablementProgram& program) -> absl::Status {
        if (!IsDeclared(program, question.end)) return absl::OkStatus();
        trained.known = engaged.known = true;
        if (!IsUnderWay(program, question.end)) return absl::OkStatus();
        int64_t completed = 0;
        for (const auto& participant : program.participants()) {
          completed += participant.completed_trainings_size();
        }
        const int64_t whole =
            int64_t{program.participants_size()} * program.trainings_size();
        trained.Add(program.name(), completed, whole, whole);
        return asks_pulses ? AddPulses(view, program, question.end, engaged)
                           : absl::OkStatus();
      }));
  std::move(trained).Set(kMetricTrained, measurements);
  if (asks_pulses) std::move(engaged).Set(kMetricEngagement, measurements);
  return absl::OkStatus();
}

}  // namespace

absl::Status AddDeclaredMeasurements(const ReadView& view,
                                     const CallContext& call,
                                     const OwnQuestion& question,
                                     Measurements& measurements) {
  const FrameworkData& framework = question.framework;
  if (Asks(framework, kMetricFactors)) {
    CRM_RETURN_IF_ERROR(AddFactors(view, call, question, measurements));
  }
  if (Asks(framework, kMetricAdoption) || Asks(framework, kMetricSponsored)) {
    CRM_RETURN_IF_ERROR(AddChanges(view, call, question, measurements));
  }
  if (Asks(framework, kMetricTrained) || Asks(framework, kMetricEngagement)) {
    CRM_RETURN_IF_ERROR(AddEnablement(view, call, question, measurements));
  }
  return absl::OkStatus();
}

}  // namespace crm::analytical

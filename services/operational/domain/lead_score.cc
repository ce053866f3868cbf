#include "services/operational/domain/lead_score.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "services/operational/domain/lead_filter.h"
#include "services/operational/domain/scoring_model.h"
#include "shared/base/clock.h"

namespace crm::operational {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Timestamp;

constexpr absl::Duration kDay = absl::Hours(24);
constexpr int kMostDays = 365;

std::string GradeOf(const v1::ScoringModel& model, int32_t score) {
  for (const auto& grade : model.grades()) {
    if (score >= grade.min_score()) return grade.grade();
  }
  return "";
}

// What a term that is true of the lead gives at `now`.
int32_t Contribution(const v1::ScoringModel::Term& term,
                     const v1::ScoredTerm& scored, absl::Time now) {
  if (!scored.matches()) return 0;
  if (term.time_field().empty()) return term.points();
  if (!scored.has_fade_time()) return 0;
  return PointsLeft(term.points(), now - FromTimestamp(scored.fade_time()),
                    kDay * term.half_life_days());
}

v1::ScoredTerm ScoreTerm(const v1::ScoringModel::Term& term,
                         const v1::Lead& lead, absl::Time now,
                         const FindCustomField& fields) {
  v1::ScoredTerm scored;
  scored.set_reason(term.reason());
  scored.set_points(term.points());
  scored.set_matches(MatchesLead(term.filter(), lead, fields));
  const FieldDescriptor* time = FindFadeField(term.time_field());
  if (time != nullptr && lead.GetReflection()->HasField(lead, time)) {
    scored.mutable_fade_time()->CopyFrom(
        lead.GetReflection()->GetMessage(lead, time));
  }
  scored.set_contribution(Contribution(term, scored, now));
  return scored;
}

}  // namespace

int32_t PointsLeft(int32_t points, absl::Duration age,
                   absl::Duration half_life) {
  if (age <= absl::ZeroDuration()) return points;
  return static_cast<int32_t>(
      std::lround(points * std::exp2(-absl::FDivDuration(age, half_life))));
}

LeadScore ScoreLead(const v1::ScoringModel& model, const v1::Lead& lead,
                    absl::Time now, const FindCustomField& fields) {
  LeadScore score;
  for (const auto& term : model.terms()) {
    score.terms.push_back(ScoreTerm(term, lead, now, fields));
    score.score += score.terms.back().contribution();
  }
  score.grade = GradeOf(model, score.score);
  return score;
}

absl::Time NextScoreTime(const v1::ScoringModel& model, const LeadScore& score,
                         absl::Time now) {
  // What does not fade any more is worked out once.
  int32_t fixed = 0;
  std::vector<int> fading;
  for (int i = 0; i < model.terms_size(); ++i) {
    const v1::ScoredTerm& scored = score.terms[static_cast<size_t>(i)];
    if (scored.contribution() == 0) continue;
    if (model.terms(i).time_field().empty()) {
      fixed += scored.contribution();
    } else {
      fading.push_back(i);
    }
  }
  if (fading.empty()) return absl::InfiniteFuture();
  for (int day = 1; day < kMostDays; ++day) {
    const absl::Time then = now + day * kDay;
    int32_t later = fixed;
    for (const int i : fading) {
      later += Contribution(model.terms(i), score.terms[static_cast<size_t>(i)],
                            then);
    }
    if (std::abs(later - score.score) >= kScoreStep ||
        GradeOf(model, later) != score.grade) {
      return then;
    }
  }
  return now + kMostDays * kDay;
}

}  // namespace crm::operational

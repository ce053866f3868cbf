// How leads are scored by a model: points for what is true of them, which fade
// with time.
//
// The score is the sum of what the terms give, each rounded on its own, so that
// its explanation adds up exactly.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_LEAD_SCORE_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_LEAD_SCORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "crm/operational/v1/lead.pb.h"
#include "crm/operational/v1/lead_score.pb.h"
#include "crm/operational/v1/scoring_model.pb.h"
#include "shared/reflect/custom_fields.h"

namespace crm::operational {

// By how many points a stored score may be off before it is written again.
inline constexpr int kScoreStep = 10;

// A score and how it comes about.
struct LeadScore {
  int32_t score = 0;
  // Empty below all grades.
  std::string grade;
  // By term of the model.
  std::vector<v1::ScoredTerm> terms;
};

// Returns what is left of `points` after `age`, of which half fade in
// `half_life`: rounded to the nearest, halves away from 0. All is left before
// age 0.
int32_t PointsLeft(int32_t points, absl::Duration age,
                   absl::Duration half_life);

// Returns the score of `lead` at `now`. `fields` are the tenant's own.
LeadScore ScoreLead(const v1::ScoringModel& model, const v1::Lead& lead,
                    absl::Time now, const FindCustomField& fields);

// Returns when `score`, which was computed at `now`, is to be written again if
// the lead does not change: the first whole day later on which the grade is
// another one or the score differs by kScoreStep, at most a year later while
// something fades; InfiniteFuture() if nothing does.
absl::Time NextScoreTime(const v1::ScoringModel& model, const LeadScore& score,
                         absl::Time now);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_LEAD_SCORE_H_

// The engine of frameworks: from evidence to scores. It knows no framework by
// name.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_SCORECARD_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_SCORECARD_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "crm/analytical/v1/scorecard.pb.h"
#include "services/analytical/domain/frameworks/framework.h"
#include "services/analytical/domain/frameworks/quotient.h"

namespace crm::analytical {

// What came of measuring a metric. One that is not in a Measurements was not
// measured, for want of what it comes from.
struct Measurement {
  // Unset if nothing counted.
  std::optional<Quotient> value;
  int64_t count = 0;
  // Resources that it comes from; if there are none, those of its Metric.
  std::vector<std::string> sources = {};
};

using Measurements = std::map<std::string, Measurement, std::less<>>;

// The values of a metric in the months in which it was measured, counted from
// 1970-01.
using MonthlyValues = std::map<int64_t, double>;
using Series = std::map<std::string, MonthlyValues, std::less<>>;

// An edge is measured over as many months at least.
inline constexpr int kLeastMonths = 6;

// Returns the score of a value, in millionths: linear between the criterion's
// worst and best, rounded half to even, and never beyond them. It does not fall
// as the value comes nearer to the best.
int32_t ScoreOf(const Criterion& criterion, const Quotient& value);

// Whether a value does not reach the criterion's standard.
bool MissesStandard(const Criterion& criterion, const Quotient& value);

// Returns INVALID_ARGUMENT with a violation for each weight in `scorecard` that
// is of no dimension of the framework, or of one that has a weight already; if
// there are weights, for each dimension without one, and for a sum that is not
// 1000000.
absl::Status CheckWeights(const FrameworkData& framework,
                          const v1::Scorecard& scorecard);

// Fills in the evidence, the edges and the scores of a scorecard that has the
// time and the weights which it was asked for.
void FillScorecard(const FrameworkData& framework,
                   const Measurements& measurements, const Series& series,
                   v1::Scorecard& scorecard);

// Fills in the scores that the evidence in `scorecard` comes to, and the
// strengths that the values of its edges do.
void ScoreEvidence(const FrameworkData& framework, v1::Scorecard& scorecard);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_SCORECARD_H_

// What customers answered to surveys, summed up by the warehouse.

#ifndef CRM_SERVICES_ANALYTICAL_PROJECTIONS_EXPERIENCE_FACTS_H_
#define CRM_SERVICES_ANALYTICAL_PROJECTIONS_EXPERIENCE_FACTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/status/statusor.h"
#include "services/analytical/projections/measurements.h"
#include "shared/storage/database.h"

namespace crm::analytical {

// The answers from one touchpoint to one sort of question.
struct AnswerSum {
  std::string touchpoint;
  std::string question;
  int64_t count = 0;
  // The sum of the answers, from 0 to 10^9 each.
  absl::int128 nanos = 0;
};

// Returns the answers of the question, by touchpoint and sort of question, of
// the first `most` of these pairs. Returns the errors of a statement.
absl::StatusOr<std::vector<AnswerSum>> ReadAnswers(
    SqlReader& reader, const MeasureQuestion& question, int64_t most);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_PROJECTIONS_EXPERIENCE_FACTS_H_

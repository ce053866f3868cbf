// What was answered to pulse surveys, in the service's own store: who has
// answered, and apart from that how many points each team gave. Nothing ties
// an answer to who gave it.

#ifndef CRM_SERVICES_ANALYTICAL_HANDLERS_PULSE_TALLIES_H_
#define CRM_SERVICES_ANALYTICAL_HANDLERS_PULSE_TALLIES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/analytical/domain/declared/pulse.h"
#include "shared/storage/database.h"
#include "shared/storage/schema.h"

namespace crm::analytical {

SqlTable PulseRespondentsTable();
SqlTable PulseTalliesTable();

// Which survey of which program: by its uid, as its name may be used again.
struct PulseKey {
  std::string tenant;
  std::string program_uid;
  std::string survey_id;
};

// Counts an answer. Returns ALREADY_EXISTS (SURVEY_ANSWERED) if `subject` has
// answered, and errors of a statement.
absl::Status CountAnswer(SqlWriter& writer, const PulseKey& key,
                         const std::string& subject, const std::string& team,
                         int64_t points);

// Returns the answers of each team. Errors of a statement.
absl::StatusOr<std::vector<PulseTally>> ReadTallies(SqlReader& reader,
                                                    const PulseKey& key);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_HANDLERS_PULSE_TALLIES_H_

// When an id of IdMaker was made, and where the ids of a time begin.

#ifndef CRM_SHARED_BASE_ID_TIME_H_
#define CRM_SHARED_BASE_ID_TIME_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace crm {

// Returns the millisecond in which `id` was made, by the clock of its maker;
// nothing if it is not an id of IdMaker. Ids that sort later have no earlier
// time.
std::optional<absl::Time> TimeOfId(absl::string_view id);

// Returns the text that sorts before all ids made at `time` or later, and after
// those made in earlier milliseconds. Times before 1970 are taken as 1970.
std::string LowestIdAt(absl::Time time);

}  // namespace crm

#endif  // CRM_SHARED_BASE_ID_TIME_H_

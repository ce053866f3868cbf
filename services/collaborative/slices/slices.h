// Reads what the collaborative slice of a profile is made of; domain/slices.h
// sums it up.

#ifndef CRM_SERVICES_COLLABORATIVE_SLICES_SLICES_H_
#define CRM_SERVICES_COLLABORATIVE_SLICES_SLICES_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "shared/resource/read_view.h"

namespace crm::collaborative {

// Returns the slice message, serialised. There is one for every customer: this
// service does not know which ones exist, and has nothing to count for most.
// Returns RESOURCE_EXHAUSTED (TOO_MANY_ROWS) beyond kMaxSelected messages.
absl::StatusOr<std::optional<std::string>> BuildEngagementSlice(
    const ReadView& view, const std::string& customer);

}  // namespace crm::collaborative

#endif  // CRM_SERVICES_COLLABORATIVE_SLICES_SLICES_H_

// Reads what the operational slices of a profile are made of; domain/slices.h
// sums it up.

#ifndef CRM_SERVICES_OPERATIONAL_SLICES_SLICES_H_
#define CRM_SERVICES_OPERATIONAL_SLICES_SLICES_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "shared/resource/read_view.h"

namespace crm::operational {

// Each returns the slice message, serialised, or nothing if there is no such
// customer.
absl::StatusOr<std::optional<std::string>> BuildIdentitySlice(
    const ReadView& view, const std::string& customer);
absl::StatusOr<std::optional<std::string>> BuildCommercialSlice(
    const ReadView& view, const std::string& customer);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_SLICES_SLICES_H_

// Whether a caller may use a filter, which tells of what it asks for.

#ifndef CRM_SHARED_RESOURCE_CHECK_FILTER_ACCESS_H_
#define CRM_SHARED_RESOURCE_CHECK_FILTER_ACCESS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "shared/base/errors.h"
#include "shared/call/call.h"
#include "shared/query/filter.h"
#include "shared/resource/kernel.h"
#include "shared/resource/row_rule.h"

namespace crm {

// Returns PERMISSION_DENIED if `filter` follows a reference to resources of
// which the caller may not read all rows and fields.
absl::Status CheckFilterAccess(const Kernel& kernel, const CallContext& call,
                               const Filter& filter);

// Adds a violation of `field` if `rule` hides `path`: a filter or order by a
// field that the caller does not see would tell it.
void CheckShown(const RowRule& rule, absl::string_view field,
                const std::string& path,
                std::vector<FieldViolation>& violations);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_CHECK_FILTER_ACCESS_H_

// The part of SQL that all engines of PostgreSQL's family have in common, as
// rules over statements.

#ifndef CRM_TESTS_SUPPORT_POSTGRES_SERVER_SQL_SUBSET_H_
#define CRM_TESTS_SUPPORT_POSTGRES_SERVER_SQL_SUBSET_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace crm::testing {

// Returns why `statement` is outside the common subset; nothing if it is
// inside. Pure.
std::vector<std::string> SubsetViolations(absl::string_view statement);

}  // namespace crm::testing

#endif  // CRM_TESTS_SUPPORT_POSTGRES_SERVER_SQL_SUBSET_H_

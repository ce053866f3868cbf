// Rewrites a statement of the common SQL subset for PostgreSQL's protocol.

#ifndef CRM_SHARED_STORAGE_POSTGRES_POSTGRES_SQL_H_
#define CRM_SHARED_STORAGE_POSTGRES_POSTGRES_SQL_H_

#include <string>

#include "absl/strings/string_view.h"

namespace crm {

struct NumberedSql {
  std::string text;
  int parameters = 0;
};

// Returns `sql` with each `?` that is a parameter as `$1`, `$2` and so on;
// those in literals and quoted names stay. Pure.
NumberedSql NumberParameters(absl::string_view sql);

}  // namespace crm

#endif  // CRM_SHARED_STORAGE_POSTGRES_POSTGRES_SQL_H_

#include "shared/storage/postgres/postgres_sql.h"

#include "absl/strings/str_cat.h"

namespace crm {

NumberedSql NumberParameters(absl::string_view sql) {
  NumberedSql numbered;
  numbered.text.reserve(sql.size() + 16);
  // The quote of the literal or name that is open; a doubled quote closes it
  // and opens it again.
  char quote = '\0';
  for (const char c : sql) {
    if (quote == '\0' && c == '?') {
      absl::StrAppend(&numbered.text, "$", ++numbered.parameters);
      continue;
    }
    if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if (c == '\'' || c == '"') {
      quote = c;
    }
    numbered.text.push_back(c);
  }
  return numbered;
}

}  // namespace crm

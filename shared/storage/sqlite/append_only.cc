#include "shared/storage/sqlite/append_only.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "shared/base/status_macros.h"
#include "shared/storage/schema.h"

namespace crm {

absl::Status MakeAppendOnly(SqlWriter& writer, absl::string_view table) {
  for (const char* what : {"UPDATE", "DELETE"}) {
    const std::string trigger =
        absl::StrCat("keep_", table, "_", absl::AsciiStrToLower(what));
    CRM_RETURN_IF_ERROR(
        writer
            .Execute(absl::StrCat("CREATE TRIGGER IF NOT EXISTS ",
                                  QuoteName(trigger), " BEFORE ", what, " ON ",
                                  QuoteName(table),
                                  " BEGIN SELECT RAISE(ABORT, "
                                  "'rows are append-only'); END"),
                     {})
            .status());
  }
  return absl::OkStatus();
}

}  // namespace crm

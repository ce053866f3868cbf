#include "shared/storage/sqlite/sqlite_error.h"

#include <sqlite3.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "shared/storage/statement_errors.h"

namespace crm {
namespace {

// Example: UNIQUE constraint failed: contacts.tenant, contacts.email
absl::Status ParseUniqueViolation(absl::string_view message) {
  absl::ConsumePrefix(&message, "UNIQUE constraint failed: ");
  absl::string_view table;
  std::vector<absl::string_view> columns;
  for (absl::string_view part : absl::StrSplit(message, ", ")) {
    const std::pair<absl::string_view, absl::string_view> names =
        absl::StrSplit(part, absl::MaxSplits('.', 1));
    table = names.first;
    columns.push_back(names.second);
  }
  return UniqueViolation(table, absl::StrJoin(columns, ","));
}

}  // namespace

absl::Status SqliteError(int extended_code, absl::string_view message) {
  switch (extended_code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
      return ParseUniqueViolation(message);
    default:
      break;
  }
  switch (extended_code & 0xff) {
    case SQLITE_CONSTRAINT:
      return ConstraintViolation(message);
    case SQLITE_FULL:
      return DiskFull();
    case SQLITE_INTERRUPT:
      return ReadInterrupted();
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return StorageBusy();
    case SQLITE_TOOBIG:
      return ResultTooLarge();
    default:
      return StorageError(
          absl::StrCat(message, " (SQLite code ", extended_code, ")"));
  }
}

}  // namespace crm

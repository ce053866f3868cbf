// The shape of a store: tables, columns and indexes, as data. A service derives
// it from its protos; an engine turns it into DDL and migrates to it.
//
// A store grows first: tables, columns and indexes are added and never dropped
// by a migration, so that a program and its predecessor can share it. What only
// older programs need goes when the store is contracted, once none of them
// runs. Columns that a schema does not know are left alone.

#ifndef CRM_SHARED_STORAGE_SCHEMA_H_
#define CRM_SHARED_STORAGE_SCHEMA_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "shared/query/sql.h"

namespace crm {

enum class SqlType { kInteger, kReal, kText, kBlob };

struct SqlColumn {
  std::string name;
  SqlType type = SqlType::kText;
  bool nullable = true;
  // What rows that exist get when the column is added, and what an INSERT
  // without the column stores. A column added later that is not nullable needs
  // one.
  std::optional<SqlValue> default_value = std::nullopt;
};

// An index that holds only some rows serves a query whose WHERE repeats its
// conditions: `delete_time IS NULL`, and `<column> <> ''`.
struct SqlIndex {
  // Unique in the whole schema.
  std::string name;
  std::vector<std::string> columns = {};
  bool unique = false;
  // Holds only rows that are not soft-deleted: `delete_time IS NULL`.
  bool live_only = false;
  // Holds only rows in which each of these columns is neither NULL nor empty:
  // with `unique`, values are unique where there are any. Text columns only.
  std::vector<std::string> where_not_empty = {};
};

// Finds the rows of a table whose text contains some words: the index behind
// SqlReader::SearchText. Its table has the columns `tenant` and `name` as its
// primary key.
struct SqlTextIndex {
  // Unique in the whole schema.
  std::string name;
  // The text, folded; not nullable. Words in it are parted by spaces and line
  // ends.
  std::string text_column;
  // An integer, not nullable, that says where a row comes in results: the
  // greatest first. It is written as SearchPosition() gives it, and an engine
  // may add to it to tell rows of one millisecond apart.
  std::string position_column;
};

struct SqlTable {
  std::string name;
  std::vector<SqlColumn> columns = {};
  // Never NULL, whatever their `nullable` says.
  std::vector<std::string> primary_key = {};
  // The primary key that older programs know, if that is another: a store that
  // has it keeps it, with a unique index of the new one beside, until it is
  // contracted.
  std::vector<std::string> former_key = {};
  // Rows are stored in the order of the primary key, without a key of their
  // own, where the engine can; good for narrow rows.
  bool clustered = false;
  std::vector<SqlIndex> indexes = {};
  std::optional<SqlTextIndex> text_index = std::nullopt;
  // What only older programs use; contracting removes it.
  std::vector<std::string> retired_columns = {};
  std::vector<std::string> retired_indexes = {};
};

struct SqlSchema {
  // The format of the data, raised when older programs would misread or damage
  // it. Adding tables, nullable columns and indexes does not raise it.
  int version = 1;
  // The oldest `version` whose programs may still read, and write, this store
  // until it is contracted; then, and in one that is made anew, it is
  // `version`.
  int min_reader = 1;
  int min_writer = 1;
  std::vector<SqlTable> tables = {};
};

// A column that a migration added to a table that existed before: rows hold its
// default until they are back-filled.
struct AddedColumn {
  std::string table;
  std::string column;

  friend bool operator==(const AddedColumn&, const AddedColumn&) = default;
};

struct MigrationResult {
  // Whether the store was empty before.
  bool created = false;
  std::vector<AddedColumn> added_columns = {};
  // How many DDL statements ran; zero when the store already fitted.
  int statement_count = 0;
};

// Checks that names are lower snake case and unique, and that keys and indexes
// name columns of their table. Returns INVALID_ARGUMENT SCHEMA_INVALID, naming
// what is wrong.
absl::Status ValidateSchema(const SqlSchema& schema);

// Returns `name` in double quotes, for names that are SQL keywords.
// Example: order -> "order".
std::string QuoteName(absl::string_view name);

}  // namespace crm

#endif  // CRM_SHARED_STORAGE_SCHEMA_H_

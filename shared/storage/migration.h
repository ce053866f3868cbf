// Plans how a store becomes what a schema wants. An engine reads what is there,
// asks for a plan, and runs the plan's statements in one transaction.
//
// All functions are pure and thread-safe.

#ifndef CRM_SHARED_STORAGE_MIGRATION_H_
#define CRM_SHARED_STORAGE_MIGRATION_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "shared/storage/schema.h"

namespace crm {

// How an engine calls the four types, and what else it says differently.
struct SqlDialect {
  absl::string_view integer;
  absl::string_view real;
  absl::string_view text;
  absl::string_view blob;
  // What ends the statement that makes a clustered table.
  absl::string_view clustered_suffix;
  // What stands before the hexadecimal digits of bytes.
  absl::string_view blob_literal_prefix = "x'";
  // What follows a column of an index, so that NULL comes first.
  absl::string_view index_order = "";
  // Returns the statements that make the text index of a table, which has one;
  // null for an engine that searches without.
  std::vector<std::string> (*text_index_sql)(const SqlTable& table) = nullptr;
};

struct PresentColumn {
  std::string type;  // as the dialect calls it
  bool nullable = true;
};

struct PresentTable {
  std::map<std::string, PresentColumn> columns;
  std::vector<std::string> primary_key = {};
};

// The row of the table `schema_version`.
struct SchemaVersion {
  int version = 0;
  int min_reader = 0;
  int min_writer = 0;
  std::string checksum = {};

  friend bool operator==(const SchemaVersion&, const SchemaVersion&) = default;
};

// What a store holds before a migration.
struct PresentSchema {
  std::map<std::string, PresentTable> tables;
  std::map<std::string, std::string> indexes;  // name to CREATE INDEX text
  std::optional<SchemaVersion> version;
};

struct MigrationPlan {
  std::vector<std::string> statements;
  std::vector<AddedColumn> added_columns;
  // What `schema_version` is to say afterwards.
  SchemaVersion version;
};

// Plans the way from `present` to `wanted`, which is valid. Indexes whose
// definition changed are built anew, unless the store is of a newer version.
//
// Returns FAILED_PRECONDITION SCHEMA_TOO_NEW or SCHEMA_CONFLICT, as
// Database::Migrate does.
absl::StatusOr<MigrationPlan> PlanMigration(const SqlSchema& wanted,
                                            const PresentSchema& present,
                                            const SqlDialect& dialect);

// The way from a store that older programs can share to one that they cannot.
struct Contraction {
  // Tables of the schema that still have their former key.
  std::vector<const SqlTable*> rekeyed;
  // The statements that remove what is retired, for when no table is left that
  // has its former key.
  std::vector<std::string> removals;
  // What `schema_version` is to say afterwards.
  SchemaVersion version;
};

// Plans the contraction of `present`, which fits `wanted`; that outlives the
// plan. There is nothing to do in a store of a newer version. Returns
// FAILED_PRECONDITION SCHEMA_CONFLICT if a table that gets another key has
// columns that the schema does not know.
absl::StatusOr<Contraction> PlanContraction(const SqlSchema& wanted,
                                            const PresentSchema& present);

// Returns the name of the unique index that prepares the key of a table which
// has its former one.
std::string NextKeyName(const SqlTable& table);

// Return the DDL of one table without its indexes, and of one index.
std::string CreateTableSql(const SqlTable& table, const SqlDialect& dialect);
std::string CreateIndexSql(const SqlTable& table, const SqlIndex& index,
                           const SqlDialect& dialect);

}  // namespace crm

#endif  // CRM_SHARED_STORAGE_MIGRATION_H_

#include "shared/storage/sqlite/sqlite_contraction.h"

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/base/status_macros.h"
#include "shared/storage/schema_version.h"
#include "shared/storage/sqlite/sqlite_migration.h"
#include "shared/storage/sqlite/sqlite_statistics.h"

namespace crm {
namespace {

// How many rows a step copies.
constexpr int64_t kBatch = 500;

// The table that says how far copies have come.
constexpr char kMakeProgress[] =
    "CREATE TABLE IF NOT EXISTS schema_contraction "
    "(name TEXT PRIMARY KEY, reached INTEGER NOT NULL) WITHOUT ROWID";

std::string CopyOf(const SqlTable& table) {
  return absl::StrCat(table.name, "_rekeyed");
}

// The names of the columns, each after `prefix`.
std::string ColumnsOf(const SqlTable& table, absl::string_view prefix = "") {
  return absl::StrJoin(table.columns, ", ",
                       [prefix](std::string* out, const SqlColumn& column) {
                         absl::StrAppend(out, prefix, QuoteName(column.name));
                       });
}

// The condition that a row of the copy has the key of the row `row`.
std::string SameKey(const SqlTable& table, absl::string_view row) {
  return absl::StrJoin(table.primary_key, " AND ",
                       [row](std::string* out, const std::string& column) {
                         absl::StrAppend(out, QuoteName(column), " = ", row,
                                         QuoteName(column));
                       });
}

absl::Status RunAll(SqlWriter& writer,
                    const std::vector<std::string>& statements) {
  for (const std::string& statement : statements) {
    CRM_RETURN_IF_ERROR(writer.Execute(statement, {}).status());
  }
  return absl::OkStatus();
}

// Makes the empty copy, and has it follow the table from now on.
absl::Status BeginCopy(SqlWriter& writer, const SqlTable& table) {
  SqlTable copy = table;
  copy.name = CopyOf(table);
  const std::string name = QuoteName(table.name);
  const std::string into = QuoteName(copy.name);
  const std::string remove =
      absl::StrCat("DELETE FROM ", into, " WHERE ", SameKey(table, "OLD."));
  const std::string store =
      absl::StrCat("INSERT OR REPLACE INTO ", into, " (", ColumnsOf(table),
                   ") VALUES (", ColumnsOf(table, "NEW."), ")");
  const auto trigger = [&](absl::string_view event, absl::string_view body) {
    return absl::StrCat(
        "CREATE TRIGGER ", QuoteName(absl::StrCat(copy.name, "_", event)),
        " AFTER ", event, " ON ", name, " BEGIN ", body, "; END");
  };
  CRM_RETURN_IF_ERROR(RunAll(
      writer, {CreateTableSql(copy, SqliteDialect()), trigger("INSERT", store),
               trigger("UPDATE", absl::StrCat(remove, "; ", store)),
               trigger("DELETE", remove), kMakeProgress}));
  return writer
      .Execute(
          "INSERT INTO schema_contraction (name, reached) VALUES (?, ?) "
          "ON CONFLICT (name) DO UPDATE SET reached = excluded.reached",
          {table.name, int64_t{-1}})
      .status();
}

// Puts the copy in the table's place, which takes the triggers along. From then
// on the store is of `version`: an older program is refused for that, and does
// not come as far as a table that it does not know.
absl::Status EndCopy(SqlWriter& writer, const SqlTable& table,
                     const SqlSchema& schema, const SchemaVersion& version) {
  CRM_RETURN_IF_ERROR(
      RunAll(writer, {absl::StrCat("DROP TABLE ", QuoteName(table.name)),
                      absl::StrCat("ALTER TABLE ", QuoteName(CopyOf(table)),
                                   " RENAME TO ", QuoteName(table.name))}));
  for (const SqlIndex& index : table.indexes) {
    CRM_RETURN_IF_ERROR(
        writer.Execute(CreateIndexSql(table, index, SqliteDialect()), {})
            .status());
  }
  CRM_RETURN_IF_ERROR(
      writer
          .Execute("DELETE FROM schema_contraction WHERE name = ?",
                   {table.name})
          .status());
  CRM_RETURN_IF_ERROR(StoreSchemaVersion(writer, version));
  return StoreSqliteStatistics(writer, schema);
}

absl::Status Copy(SqlWriter& writer, const SqlTable& table,
                  const SqlSchema& schema, const SchemaVersion& version) {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows progress,
      writer.Query("SELECT reached FROM schema_contraction WHERE name = ?",
                   {table.name}));
  const int64_t reached = std::get<int64_t>(progress.at(0).at(0));
  const std::string name = QuoteName(table.name);
  CRM_ASSIGN_OR_RETURN(
      const SqlRows ends,
      writer.Query(
          absl::StrCat("SELECT MAX(rowid), COUNT(*) FROM (SELECT "
                       "rowid FROM ",
                       name, " WHERE rowid > ? ORDER BY rowid LIMIT ?)"),
          {reached, kBatch}));
  const int64_t count = std::get<int64_t>(ends.at(0).at(1));
  if (count > 0) {
    const int64_t end = std::get<int64_t>(ends[0][0]);
    // What has changed meanwhile is there already.
    CRM_RETURN_IF_ERROR(
        writer
            .Execute(absl::StrCat(
                         "INSERT OR IGNORE INTO ", QuoteName(CopyOf(table)),
                         " (", ColumnsOf(table), ") SELECT ", ColumnsOf(table),
                         " FROM ", name, " WHERE rowid > ? AND rowid <= ?"),
                     {reached, end})
            .status());
    CRM_RETURN_IF_ERROR(
        writer
            .Execute("UPDATE schema_contraction SET reached = ? WHERE name = ?",
                     {end, table.name})
            .status());
  }
  return count < kBatch ? EndCopy(writer, table, schema, version)
                        : absl::OkStatus();
}

}  // namespace

absl::StatusOr<bool> ContractionCopies(SqlReader& reader,
                                       const SqlSchema& schema) {
  CRM_ASSIGN_OR_RETURN(const PresentSchema present, ReadSqliteSchema(reader));
  CRM_ASSIGN_OR_RETURN(const Contraction contraction,
                       PlanContraction(schema, present));
  return !contraction.rekeyed.empty();
}

absl::StatusOr<bool> ContractSqlite(SqlWriter& writer,
                                    const SqlSchema& schema) {
  CRM_ASSIGN_OR_RETURN(const PresentSchema present, ReadSqliteSchema(writer));
  CRM_ASSIGN_OR_RETURN(const Contraction contraction,
                       PlanContraction(schema, present));
  if (contraction.rekeyed.empty()) {
    CRM_RETURN_IF_ERROR(RunAll(writer, contraction.removals));
    if (present.version != contraction.version) {
      CRM_RETURN_IF_ERROR(StoreSchemaVersion(writer, contraction.version));
    }
    return false;
  }
  const SqlTable& table = *contraction.rekeyed.front();
  CRM_RETURN_IF_ERROR(present.tables.contains(CopyOf(table))
                          ? Copy(writer, table, schema, contraction.version)
                          : BeginCopy(writer, table));
  return true;
}

}  // namespace crm

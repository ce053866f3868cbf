#include "shared/storage/sqlite/sqlite_migration.h"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "shared/base/status_macros.h"
#include "shared/storage/migration.h"
#include "shared/storage/schema_version.h"
#include "shared/storage/sqlite/sqlite_statistics.h"
#include "shared/storage/sqlite/text_index.h"

namespace crm {
namespace {

constexpr SqlDialect kDialect = {.integer = "INTEGER",
                                 .real = "REAL",
                                 .text = "TEXT",
                                 .blob = "BLOB",
                                 .clustered_suffix = " WITHOUT ROWID",
                                 .text_index_sql = TextIndexSql};

const std::string& Text(const SqlValue& value) {
  return std::get<std::string>(value);
}

absl::StatusOr<PresentTable> ReadTable(SqlReader& reader,
                                       const std::string& name) {
  CRM_ASSIGN_OR_RETURN(const SqlRows rows,
                       reader.Query("SELECT name, type, \"notnull\", pk "
                                    "FROM pragma_table_info(?) ORDER BY pk",
                                    {name}));
  PresentTable table;
  for (const SqlRow& row : rows) {
    table.columns[Text(row[0])] = {.type = Text(row[1]),
                                   .nullable = std::get<int64_t>(row[2]) == 0};
    if (std::get<int64_t>(row[3]) > 0)
      table.primary_key.push_back(Text(row[0]));
  }
  return table;
}

}  // namespace

const SqlDialect& SqliteDialect() { return kDialect; }

absl::StatusOr<PresentSchema> ReadSqliteSchema(SqlReader& reader) {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows objects,
      reader.Query("SELECT type, name, sql FROM sqlite_schema "
                   "WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%'",
                   {}));
  PresentSchema present;
  for (const SqlRow& object : objects) {
    if (Text(object[0]) == "index") {
      present.indexes[Text(object[1])] = Text(object[2]);
    } else if (Text(object[0]) == "table") {
      CRM_ASSIGN_OR_RETURN(present.tables[Text(object[1])],
                           ReadTable(reader, Text(object[1])));
    }
  }
  if (present.tables.contains("schema_version")) {
    CRM_ASSIGN_OR_RETURN(present.version, ReadSchemaVersion(reader));
  }
  return present;
}

namespace {

absl::StatusOr<bool> HasStatistics(SqlReader& reader) {
  CRM_ASSIGN_OR_RETURN(const SqlRows rows,
                       reader.Query("SELECT 1 FROM sqlite_schema "
                                    "WHERE name = 'sqlite_stat1'",
                                    {}));
  return !rows.empty();
}

}  // namespace

absl::StatusOr<std::string> DescribeSqliteChange(SqlReader& reader,
                                                 const SqlSchema& schema) {
  CRM_ASSIGN_OR_RETURN(const PresentSchema present, ReadSqliteSchema(reader));
  CRM_ASSIGN_OR_RETURN(const MigrationPlan plan,
                       PlanMigration(schema, present, kDialect));
  if (!present.version.has_value() || plan.statements.empty()) {
    return std::string();
  }
  return absl::StrCat(plan.version.version, "-",
                      absl::string_view(plan.version.checksum).substr(0, 12));
}

absl::StatusOr<MigrationResult> MigrateSqlite(SqlWriter& writer,
                                              const SqlSchema& schema) {
  CRM_ASSIGN_OR_RETURN(const PresentSchema present, ReadSqliteSchema(writer));
  CRM_ASSIGN_OR_RETURN(MigrationPlan plan,
                       PlanMigration(schema, present, kDialect));
  for (const std::string& statement : plan.statements) {
    CRM_RETURN_IF_ERROR(writer.Execute(statement, {}).status());
  }
  if (present.version != plan.version) {
    CRM_RETURN_IF_ERROR(StoreSchemaVersion(writer, plan.version));
  }
  CRM_ASSIGN_OR_RETURN(const bool has_statistics, HasStatistics(writer));
  if (!has_statistics || !plan.statements.empty()) {
    CRM_RETURN_IF_ERROR(StoreSqliteStatistics(writer, schema));
  }
  return MigrationResult{
      .created = !present.version.has_value(),
      .added_columns = std::move(plan.added_columns),
      .statement_count = static_cast<int>(plan.statements.size())};
}

}  // namespace crm

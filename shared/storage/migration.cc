#include "shared/storage/migration.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <variant>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "shared/base/digest.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm {
namespace {

absl::string_view TypeName(SqlType type, const SqlDialect& dialect) {
  switch (type) {
    case SqlType::kInteger:
      return dialect.integer;
    case SqlType::kReal:
      return dialect.real;
    case SqlType::kText:
      return dialect.text;
    case SqlType::kBlob:
      return dialect.blob;
  }
  return "";
}

struct LiteralWriter {
  const SqlDialect& dialect;

  std::string operator()(std::monostate) const { return "NULL"; }
  std::string operator()(int64_t value) const { return absl::StrCat(value); }
  std::string operator()(double value) const {
    return absl::StrFormat("%.17g", value);
  }
  std::string operator()(const std::string& value) const {
    return absl::StrCat("'", absl::StrReplaceAll(value, {{"'", "''"}}), "'");
  }
  std::string operator()(const SqlBlob& value) const {
    return absl::StrCat(dialect.blob_literal_prefix,
                        absl::BytesToHexString(value.bytes), "'");
  }
};

bool IsKey(const SqlTable& table, absl::string_view column) {
  return std::find(table.primary_key.begin(), table.primary_key.end(),
                   column) != table.primary_key.end();
}

bool IsNullable(const SqlTable& table, const SqlColumn& column) {
  return column.nullable && !IsKey(table, column.name);
}

std::string ColumnSql(const SqlTable& table, const SqlColumn& column,
                      const SqlDialect& dialect) {
  std::string sql =
      absl::StrCat(QuoteName(column.name), " ", TypeName(column.type, dialect));
  if (!IsNullable(table, column)) absl::StrAppend(&sql, " NOT NULL");
  if (column.default_value.has_value()) {
    absl::StrAppend(&sql, " DEFAULT ",
                    std::visit(LiteralWriter{dialect}, *column.default_value));
  }
  return sql;
}

std::string NameList(const std::vector<std::string>& names,
                     absl::string_view suffix = "") {
  return absl::StrJoin(names, ", ",
                       [suffix](std::string* out, const std::string& name) {
                         absl::StrAppend(out, QuoteName(name), suffix);
                       });
}

absl::Status Conflict(const SqlTable& table, absl::string_view column,
                      absl::string_view what) {
  const std::string subject =
      column.empty() ? table.name : absl::StrCat(table.name, ".", column);
  return FailedPrecondition(
      "SCHEMA_CONFLICT",
      absl::StrCat("The store's '", subject, "' cannot be migrated: ", what,
                   ". Add a column of another name instead."),
      subject);
}

// The table in which a store keeps its SchemaVersion; it has one row, id 1.
SqlTable VersionTable() {
  return {.name = "schema_version",
          .columns = {{.name = "id", .type = SqlType::kInteger},
                      {.name = "version", .type = SqlType::kInteger},
                      {.name = "min_reader", .type = SqlType::kInteger},
                      {.name = "min_writer", .type = SqlType::kInteger},
                      {.name = "checksum", .type = SqlType::kText}},
          .primary_key = {"id"}};
}

absl::Status PlanColumn(const SqlTable& table, const SqlColumn& column,
                        const PresentTable& present, const SqlDialect& dialect,
                        MigrationPlan& plan) {
  const auto found = present.columns.find(column.name);
  const bool nullable = IsNullable(table, column);
  if (found == present.columns.end()) {
    if (!nullable && !column.default_value.has_value()) {
      return Conflict(table, column.name,
                      "a new column that is not nullable needs a default");
    }
    plan.statements.push_back(
        absl::StrCat("ALTER TABLE ", QuoteName(table.name), " ADD COLUMN ",
                     ColumnSql(table, column, dialect)));
    plan.added_columns.push_back({table.name, column.name});
    return absl::OkStatus();
  }
  const absl::string_view type = TypeName(column.type, dialect);
  if (found->second.type != type) {
    return Conflict(table, column.name,
                    absl::StrCat("it is ", found->second.type,
                                 " and the schema wants ", type));
  }
  if (found->second.nullable != nullable) {
    return Conflict(table, column.name,
                    nullable ? "it is NOT NULL and the schema wants nullable"
                             : "it is nullable and the schema wants NOT NULL");
  }
  return absl::OkStatus();
}

bool HasFormerKey(const SqlTable& table, const PresentTable& present) {
  return !table.former_key.empty() && present.primary_key == table.former_key;
}

bool IsRetired(const SqlTable& table, absl::string_view column) {
  return std::find(table.retired_columns.begin(), table.retired_columns.end(),
                   column) != table.retired_columns.end();
}

// Whether older programs know the store otherwise.
bool IsContracting(const SqlSchema& schema) {
  return std::any_of(
      schema.tables.begin(), schema.tables.end(), [](const SqlTable& table) {
        return !table.former_key.empty() || !table.retired_columns.empty() ||
               !table.retired_indexes.empty();
      });
}

absl::Status PlanTable(const SqlTable& table, const PresentSchema& present,
                       const SqlDialect& dialect, MigrationPlan& plan) {
  const auto found = present.tables.find(table.name);
  if (found == present.tables.end()) {
    plan.statements.push_back(CreateTableSql(table, dialect));
    return absl::OkStatus();
  }
  if (HasFormerKey(table, found->second)) {
    if (!present.indexes.contains(NextKeyName(table))) {
      // In the order that a key has, or it could not become one.
      plan.statements.push_back(absl::StrCat(
          "CREATE UNIQUE INDEX ", QuoteName(NextKeyName(table)), " ON ",
          QuoteName(table.name), " (", NameList(table.primary_key), ")"));
    }
  } else if (found->second.primary_key != table.primary_key) {
    return Conflict(table, "",
                    absl::StrCat("its primary key is (",
                                 absl::StrJoin(found->second.primary_key, ", "),
                                 ") and the schema wants (",
                                 absl::StrJoin(table.primary_key, ", "), ")"));
  }
  for (const SqlColumn& column : table.columns) {
    CRM_RETURN_IF_ERROR(
        PlanColumn(table, column, found->second, dialect, plan));
  }
  return absl::OkStatus();
}

void PlanIndexes(const SqlTable& table, const PresentSchema& present,
                 const SqlDialect& dialect, bool may_replace,
                 MigrationPlan& plan) {
  for (const SqlIndex& index : table.indexes) {
    const std::string sql = CreateIndexSql(table, index, dialect);
    const auto found = present.indexes.find(index.name);
    if (found != present.indexes.end()) {
      if (found->second == sql || !may_replace) continue;
      plan.statements.push_back(
          absl::StrCat("DROP INDEX ", QuoteName(index.name)));
    }
    plan.statements.push_back(sql);
  }
}

void PlanTextIndex(const SqlTable& table, const PresentSchema& present,
                   const SqlDialect& dialect, MigrationPlan& plan) {
  if (!table.text_index.has_value() || dialect.text_index_sql == nullptr ||
      present.tables.contains(table.text_index->name) ||
      present.indexes.contains(table.text_index->name)) {
    return;
  }
  for (std::string& statement : dialect.text_index_sql(table)) {
    plan.statements.push_back(std::move(statement));
  }
}

std::string Checksum(const SqlSchema& schema, const SqlDialect& dialect) {
  std::string ddl;
  for (const SqlTable& table : schema.tables) {
    absl::StrAppend(&ddl, CreateTableSql(table, dialect), ";\n");
    for (const SqlIndex& index : table.indexes) {
      absl::StrAppend(&ddl, CreateIndexSql(table, index, dialect), ";\n");
    }
    if (table.text_index.has_value()) {
      absl::StrAppend(&ddl, table.text_index->name, ";\n");
    }
  }
  return absl::BytesToHexString(Sha256(ddl));
}

}  // namespace

std::string CreateTableSql(const SqlTable& table, const SqlDialect& dialect) {
  std::string sql = absl::StrCat("CREATE TABLE ", QuoteName(table.name), " (");
  for (const SqlColumn& column : table.columns) {
    absl::StrAppend(&sql, ColumnSql(table, column, dialect), ", ");
  }
  absl::StrAppend(&sql, "PRIMARY KEY (", NameList(table.primary_key), "))");
  if (table.clustered) absl::StrAppend(&sql, dialect.clustered_suffix);
  return sql;
}

std::string CreateIndexSql(const SqlTable& table, const SqlIndex& index,
                           const SqlDialect& dialect) {
  std::vector<std::string> conditions;
  if (index.live_only) {
    conditions.push_back(absl::StrCat(QuoteName("delete_time"), " IS NULL"));
  }
  for (const std::string& column : index.where_not_empty) {
    // A comparison with NULL is not true, so this leaves out NULL as well.
    conditions.push_back(absl::StrCat(QuoteName(column), " <> ''"));
  }
  std::string sql =
      absl::StrCat("CREATE ", index.unique ? "UNIQUE " : "", "INDEX ",
                   QuoteName(index.name), " ON ", QuoteName(table.name), " (",
                   NameList(index.columns, dialect.index_order), ")");
  if (!conditions.empty()) {
    absl::StrAppend(&sql, " WHERE ", absl::StrJoin(conditions, " AND "));
  }
  return sql;
}

absl::StatusOr<MigrationPlan> PlanMigration(const SqlSchema& wanted,
                                            const PresentSchema& present,
                                            const SqlDialect& dialect) {
  const SchemaVersion stored = present.version.value_or(SchemaVersion());
  if (stored.min_writer > wanted.version ||
      stored.min_reader > wanted.version) {
    return FailedPrecondition(
        "SCHEMA_TOO_NEW",
        absl::StrCat("The store is of schema version ", stored.version,
                     ", which this program (version ", wanted.version,
                     ") must not write. Run the newer program."),
        "schema_version");
  }
  const bool store_is_newer = stored.version > wanted.version;

  MigrationPlan plan;
  CRM_RETURN_IF_ERROR(PlanTable(VersionTable(), present, dialect, plan));
  for (const SqlTable& table : wanted.tables) {
    CRM_RETURN_IF_ERROR(PlanTable(table, present, dialect, plan));
    PlanIndexes(table, present, dialect, /*may_replace=*/!store_is_newer, plan);
    PlanTextIndex(table, present, dialect, plan);
  }
  plan.version = stored;
  if (store_is_newer) return plan;
  // A store that is made anew is in no older program's shape.
  const bool is_contracted =
      !present.version.has_value() && IsContracting(wanted);
  plan.version = {
      .version = wanted.version,
      .min_reader = is_contracted
                        ? wanted.version
                        : std::max(stored.min_reader, wanted.min_reader),
      .min_writer = is_contracted
                        ? wanted.version
                        : std::max(stored.min_writer, wanted.min_writer),
      .checksum = Checksum(wanted, dialect)};
  return plan;
}

std::string NextKeyName(const SqlTable& table) {
  return absl::StrCat(table.name, "_next_key");
}

absl::StatusOr<Contraction> PlanContraction(const SqlSchema& wanted,
                                            const PresentSchema& present) {
  Contraction contraction;
  contraction.version = present.version.value_or(SchemaVersion());
  if (contraction.version.version > wanted.version || !IsContracting(wanted)) {
    return contraction;
  }
  contraction.version.min_reader = wanted.version;
  contraction.version.min_writer = wanted.version;
  for (const SqlTable& table : wanted.tables) {
    const auto found = present.tables.find(table.name);
    if (found == present.tables.end()) continue;
    const auto& columns = found->second.columns;
    if (HasFormerKey(table, found->second)) {
      for (const auto& [name, column] : columns) {
        const bool known =
            std::any_of(table.columns.begin(), table.columns.end(),
                        [&name = name](const SqlColumn& wanted_column) {
                          return wanted_column.name == name;
                        });
        if (known || IsRetired(table, name)) continue;
        return FailedPrecondition(
            "SCHEMA_CONFLICT",
            absl::StrCat("'", table.name, ".", name,
                         "' is not known to this program, which therefore "
                         "does not contract the store. Have the program do it "
                         "that added the column."),
            table.name);
      }
      contraction.rekeyed.push_back(&table);
    }
    for (const std::string& index : table.retired_indexes) {
      if (!present.indexes.contains(index)) continue;
      contraction.removals.push_back(
          absl::StrCat("DROP INDEX ", QuoteName(index)));
    }
    for (const std::string& column : table.retired_columns) {
      if (!columns.contains(column)) continue;
      contraction.removals.push_back(
          absl::StrCat("ALTER TABLE ", QuoteName(table.name), " DROP COLUMN ",
                       QuoteName(column)));
    }
  }
  return contraction;
}

}  // namespace crm

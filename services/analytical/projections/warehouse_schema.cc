#include "services/analytical/projections/warehouse_schema.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/events/sql_applier.h"

namespace crm::analytical {
namespace {

constexpr char kAmountType[] = "DECIMAL(38, 9)";

absl::string_view TypeName(FactType type, const SqlDialect& dialect) {
  switch (type) {
    case FactType::kText:
      return dialect.text;
    case FactType::kInteger:
      return dialect.integer;
    case FactType::kAmount:
      return kAmountType;
  }
  return {};
}

std::string CreateFactsSql(const FactTable& table,
                           const WarehouseDialect& dialect) {
  std::string sql = absl::StrCat("CREATE TABLE ", table.name, " (");
  const char* separator = "";
  for (const FactColumn& column : table.columns) {
    absl::StrAppend(&sql, separator, column.name, " ",
                    TypeName(column.type, dialect.tables), " NOT NULL");
    separator = ", ";
  }
  if (dialect.has_keys)
    absl::StrAppend(&sql, ", PRIMARY KEY (", table.key, ")");
  return absl::StrCat(sql, ")");
}

}  // namespace

// Each DELETE goes through a whole column.
const WarehouseDialect kDuckWarehouse = {.tables = {.integer = "BIGINT",
                                                    .real = "DOUBLE",
                                                    .text = "VARCHAR",
                                                    .blob = "BLOB",
                                                    .clustered_suffix = ""},
                                         .names_at_a_time = 64};

// Text is compared by its bytes, as DuckDB does. With a list of names, a
// planner that has no statistics yet reads all rows of the tenant instead.
const WarehouseDialect kPostgresWarehouse = {
    .tables = {.integer = "BIGINT",
               .real = "DOUBLE PRECISION",
               .text = "TEXT COLLATE \"C\"",
               .blob = "BYTEA",
               .clustered_suffix = ""},
    .has_keys = true,
    .names_at_a_time = 1};

std::vector<std::string> CreateWarehouseSql(const WarehouseDialect& dialect) {
  std::vector<std::string> statements;
  for (const FactTable* table : kFactTables) {
    statements.push_back(CreateFactsSql(*table, dialect));
    if (!dialect.has_keys || table->index.empty()) continue;
    statements.push_back(absl::StrCat("CREATE INDEX ", table->name,
                                      "_index ON ", table->name, " (",
                                      table->index, ")"));
  }
  for (const SqlTable& table : ConsumerTables()) {
    statements.push_back(CreateTableSql(table, dialect.tables));
  }
  return statements;
}

std::string InsertFactsSql(const FactTable& table, size_t rows) {
  std::vector<absl::string_view> names;
  std::vector<std::string> values;
  for (const FactColumn& column : table.columns) {
    names.push_back(column.name);
    values.push_back(column.type == FactType::kAmount
                         ? absl::StrCat("CAST(? AS ", kAmountType, ")")
                         : "?");
  }
  const std::vector<std::string> tuples(
      rows, absl::StrCat("(", absl::StrJoin(values, ", "), ")"));
  return absl::StrCat("INSERT INTO ", table.name, " (",
                      absl::StrJoin(names, ", "), ") VALUES ",
                      absl::StrJoin(tuples, ", "));
}

}  // namespace crm::analytical

#include "services/analytical/projections/warehouse_schema.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "shared/base/status_macros.h"
#include "shared/events/sql_applier.h"
#include "shared/storage/migration.h"

namespace crm::analytical {
namespace {

// Raised with every change of the tables or of what their columns mean.
constexpr int64_t kFormat = 2;

constexpr SqlDialect kDialect = {.integer = "BIGINT",
                                 .real = "DOUBLE",
                                 .text = "VARCHAR",
                                 .blob = "BLOB",
                                 .clustered_suffix = ""};

constexpr const char* kFactTables[] = {
    "CREATE TABLE orders (producer VARCHAR NOT NULL, tenant VARCHAR NOT NULL, "
    "name VARCHAR NOT NULL, customer VARCHAR NOT NULL, state VARCHAR NOT NULL, "
    "currency VARCHAR NOT NULL, amount DECIMAL(38, 9) NOT NULL, "
    "order_time TIMESTAMP NOT NULL, line_count BIGINT NOT NULL)",
    "CREATE TABLE order_lines (producer VARCHAR NOT NULL, "
    "tenant VARCHAR NOT NULL, order_name VARCHAR NOT NULL, "
    "line_id VARCHAR NOT NULL, product VARCHAR NOT NULL, "
    "quantity BIGINT NOT NULL, amount DECIMAL(38, 9) NOT NULL)",
    "CREATE TABLE applied_keys (producer VARCHAR NOT NULL, "
    "tenant VARCHAR NOT NULL, ordering_key VARCHAR NOT NULL, "
    "key_version BIGINT NOT NULL, event_time TIMESTAMP NOT NULL)",
    "CREATE TABLE warehouse_format (version BIGINT NOT NULL)",
};

absl::StatusOr<bool> IsCurrent(SqlReader& reader) {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows tables,
      reader.Query("SELECT 1 FROM information_schema.tables WHERE "
                   "table_schema = 'main' AND table_name = 'warehouse_format'",
                   {}));
  if (tables.empty()) return false;
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query("SELECT version FROM warehouse_format", {}));
  return rows == SqlRows{{SqlValue(kFormat)}};
}

absl::Status DropAll(DuckWriter& writer) {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows tables,
      writer.Query("SELECT table_name FROM information_schema.tables WHERE "
                   "table_schema = 'main'",
                   {}));
  for (const SqlRow& row : tables) {
    CRM_RETURN_IF_ERROR(
        writer
            .Execute(absl::StrCat("DROP TABLE ",
                                  QuoteName(std::get<std::string>(row[0]))),
                     {})
            .status());
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status PrepareWarehouse(DuckWriter& writer) {
  CRM_ASSIGN_OR_RETURN(const bool is_current, IsCurrent(writer));
  if (is_current) return absl::OkStatus();
  CRM_RETURN_IF_ERROR(DropAll(writer));
  for (const char* sql : kFactTables) {
    CRM_RETURN_IF_ERROR(writer.Execute(sql, {}).status());
  }
  for (const SqlTable& table : ConsumerTables()) {
    CRM_RETURN_IF_ERROR(
        writer.Execute(CreateTableSql(table, kDialect), {}).status());
  }
  return writer
      .Execute("INSERT INTO warehouse_format (version) VALUES (?)", {kFormat})
      .status();
}

}  // namespace crm::analytical

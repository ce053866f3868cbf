#include "services/analytical/projections/postgres_tables.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/analytical/projections/warehouse_schema.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/storage/lease.h"

namespace crm::analytical {
namespace {

// How many rows one DELETE takes of those that nobody reads.
constexpr int64_t kRowsRemovedAtATime = 5'000;

std::string FirstTables() { return absl::StrCat(WarehouseSchema(), "_a"); }
std::string SecondTables() { return absl::StrCat(WarehouseSchema(), "_b"); }

// How often the writes of a partition changed a tenant.
SqlTable ChangeTable() {
  return {.name = "tenant_change",
          .columns = {{"tenant", SqlType::kText, false, {}},
                      {"part", SqlType::kInteger, false, {}},
                      {"changes", SqlType::kInteger, false, {}}},
          .primary_key = {"tenant", "part"}};
}

absl::StatusOr<bool> HasTables(SqlReader& reader, const std::string& schema) {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query("SELECT 1 FROM information_schema.tables WHERE "
                   "table_schema = ? AND table_name = ?",
                   {schema, ChangeTable().name}));
  return !rows.empty();
}

absl::Status MakeTables(SqlWriter& writer, const std::string& schema) {
  CRM_ASSIGN_OR_RETURN(const bool present, HasTables(writer, schema));
  if (present) return absl::OkStatus();
  CRM_RETURN_IF_ERROR(writer.Post(
      absl::StrCat("CREATE SCHEMA IF NOT EXISTS ", QuoteName(schema)), {}));
  const EnterSql enter = EnterTables(schema);
  CRM_RETURN_IF_ERROR(writer.Post(enter.text, enter.params));
  for (const std::string& sql : CreateWarehouseSql(kPostgresWarehouse)) {
    CRM_RETURN_IF_ERROR(writer.Post(sql, {}));
  }
  return writer.Post(CreateTableSql(ChangeTable(), kPostgresWarehouse.tables),
                     {});
}

absl::StatusOr<int64_t> RemoveFrom(SqlWriter& writer, absl::string_view table,
                                   absl::string_view key) {
  return writer.Execute(
      absl::StrCat("DELETE FROM ", table, " WHERE (", key, ") IN (SELECT ", key,
                   " FROM ", table, " LIMIT ?)"),
      {kRowsRemovedAtATime});
}

}  // namespace

std::string WarehouseSchema() {
  return absl::StrCat("warehouse_", kWarehouseFormat);
}

SqlSchema SharedTables() {
  SqlSchema schema;
  schema.tables = LeaseTables();
  // `tables` is the schema that is read.
  schema.tables.push_back(
      {.name = "warehouse_state",
       .columns = {{"id", SqlType::kInteger, false, {}},
                   {"tables", SqlType::kText, false, {}},
                   {"changes", SqlType::kInteger, false, {}}},
       .primary_key = {"id"}});
  return schema;
}

absl::Status MakeWarehouseTables(SqlWriter& writer) {
  // The row lets one process after the other in.
  CRM_RETURN_IF_ERROR(writer.Post(
      "INSERT INTO warehouse_state (id, tables, changes) VALUES (1, ?, 1) "
      "ON CONFLICT (id) DO UPDATE SET changes = warehouse_state.changes + 1",
      {FirstTables()}));
  CRM_RETURN_IF_ERROR(MakeTables(writer, FirstTables()));
  return MakeTables(writer, SecondTables());
}

EnterSql EnterLive() {
  return {
      "SELECT set_config('search_path', tables || ?, true) FROM "
      "warehouse_state WHERE id = 1",
      {absl::StrCat(", ", WarehouseSchema())}};
}

EnterSql EnterTables(absl::string_view schema) {
  return {"SELECT set_config('search_path', ?, true)",
          {absl::StrCat(schema, ", ", WarehouseSchema())}};
}

absl::StatusOr<std::string> LiveTables(SqlReader& reader) {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query("SELECT tables FROM warehouse_state WHERE id = 1", {}));
  if (rows.size() != 1) {
    return Internal("WAREHOUSE_STATE", "The warehouse has no state.");
  }
  return std::get<std::string>(rows[0][0]);
}

std::string TablesBeside(absl::string_view schema) {
  return schema == FirstTables() ? SecondTables() : FirstTables();
}

absl::Status SwitchTo(SqlWriter& writer, const std::string& schema) {
  CRM_RETURN_IF_ERROR(CountChange(writer));
  return writer.Post("UPDATE warehouse_state SET tables = ? WHERE id = 1",
                     {schema});
}

absl::Status CountChange(SqlWriter& writer) {
  return writer.Post(
      "UPDATE warehouse_state SET changes = changes + 1 WHERE id = 1", {});
}

absl::Status CountTenantChange(SqlWriter& writer, const std::string& tenant,
                               int partition) {
  return writer.Post(
      "INSERT INTO tenant_change (tenant, part, changes) VALUES (?, ?, 1) "
      "ON CONFLICT (tenant, part) DO UPDATE SET "
      "changes = tenant_change.changes + 1",
      {tenant, int64_t{partition}});
}

absl::StatusOr<bool> RemoveSome(SqlWriter& writer) {
  for (const FactTable* table : kFactTables) {
    CRM_ASSIGN_OR_RETURN(const int64_t removed,
                         RemoveFrom(writer, table->name, table->key));
    if (removed > 0) return true;
  }
  constexpr std::pair<const char*, const char*> kOthers[] = {
      {"tenant_change", "tenant, part"},
      {"consumer_position", "producer, part"},
      {"consumer_attempt", "producer, part"},
      {"parked_event", "producer, part, seq"}};
  for (const auto& [table, key] : kOthers) {
    CRM_ASSIGN_OR_RETURN(const int64_t removed, RemoveFrom(writer, table, key));
    if (removed > 0) return true;
  }
  return false;
}

}  // namespace crm::analytical

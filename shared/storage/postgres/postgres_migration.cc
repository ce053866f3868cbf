#include "shared/storage/postgres/postgres_migration.h"

#include <algorithm>
#include <string>
#include <thread>
#include <utility>
#include <variant>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shared/base/status_macros.h"
#include "shared/storage/migration.h"
#include "shared/storage/postgres/text_index.h"
#include "shared/storage/postgres/write_transaction.h"
#include "shared/storage/schema_version.h"

namespace crm {
namespace {

// Index columns say where NULL goes, as queries do; otherwise no index would
// serve their order.
constexpr SqlDialect kDialect = {.integer = "BIGINT",
                                 .real = "DOUBLE PRECISION",
                                 .text = "TEXT COLLATE \"C\"",
                                 .blob = "BYTEA",
                                 .clustered_suffix = "",
                                 .blob_literal_prefix = "'\\x",
                                 .index_order = " NULLS FIRST",
                                 .text_index_sql = PostgresTextIndexSql};

// For one statement of a migration, such as building an index over all rows,
// and for the lock that another process's migration holds.
TransactionLimits StatementLimits() {
  return {.statement = absl::Minutes(30), .lock = absl::Seconds(2)};
}

// A migration that others are in the way of is tried again for so long.
constexpr int kMaxRuns = 30;
constexpr absl::Duration kPause = absl::Milliseconds(200);

const std::string& Text(const SqlValue& value) {
  return std::get<std::string>(value);
}

// Returns what the dialect calls a type, from the words of the catalog.
std::string TypeOf(const SqlValue& type, const SqlValue& collation) {
  if (Text(type) == "text" && std::holds_alternative<std::string>(collation)) {
    return absl::StrCat("TEXT COLLATE \"", Text(collation), "\"");
  }
  return absl::AsciiStrToUpper(Text(type));
}

absl::StatusOr<PresentSchema> ReadPresent(SqlReader& reader) {
  PresentSchema present;
  CRM_ASSIGN_OR_RETURN(
      const SqlRows columns,
      reader.Query("SELECT table_name, column_name, data_type, collation_name, "
                   "is_nullable FROM information_schema.columns "
                   "WHERE table_schema = current_schema()",
                   {}));
  for (const SqlRow& row : columns) {
    present.tables[Text(row[0])].columns[Text(row[1])] = {
        .type = TypeOf(row[2], row[3]), .nullable = Text(row[4]) == "YES"};
  }
  CRM_ASSIGN_OR_RETURN(
      const SqlRows keys,
      reader.Query("SELECT c.table_name, k.column_name "
                   "FROM information_schema.table_constraints c "
                   "JOIN information_schema.key_column_usage k "
                   "ON k.constraint_schema = c.constraint_schema "
                   "AND k.constraint_name = c.constraint_name "
                   "AND k.table_name = c.table_name "
                   "WHERE c.table_schema = current_schema() "
                   "AND c.constraint_type = 'PRIMARY KEY' "
                   "ORDER BY c.table_name, k.ordinal_position",
                   {}));
  for (const SqlRow& row : keys) {
    present.tables[Text(row[0])].primary_key.push_back(Text(row[1]));
  }
  // The server words definitions in its own way; what was asked for is kept
  // beside.
  CRM_ASSIGN_OR_RETURN(
      const SqlRows indexes,
      reader.Query("SELECT s.name, s.definition FROM schema_index s "
                   "JOIN pg_indexes i ON i.indexname = s.name "
                   "AND i.schemaname = current_schema()",
                   {}));
  for (const SqlRow& row : indexes)
    present.indexes[Text(row[0])] = Text(row[1]);
  if (present.tables.contains("schema_version")) {
    CRM_ASSIGN_OR_RETURN(present.version, ReadSchemaVersion(reader));
  }
  return present;
}

absl::Status StoreIndexes(SqlWriter& writer, const SqlSchema& schema,
                          const MigrationPlan& plan) {
  for (const SqlTable& table : schema.tables) {
    if (table.text_index.has_value()) {
      CRM_RETURN_IF_ERROR(writer.Post(
          "INSERT INTO schema_index (name, definition) VALUES (?, ?) "
          "ON CONFLICT (name) DO NOTHING",
          {table.text_index->name, PostgresTextIndexSql(table).back()}));
    }
    if (!table.former_key.empty()) {
      for (const std::string& statement : plan.statements) {
        if (!absl::StrContains(statement, QuoteName(NextKeyName(table)))) {
          continue;
        }
        CRM_RETURN_IF_ERROR(writer.Post(
            "INSERT INTO schema_index (name, definition) VALUES (?, ?) "
            "ON CONFLICT (name) DO UPDATE SET definition = excluded.definition",
            {NextKeyName(table), statement}));
      }
    }
    for (const SqlIndex& index : table.indexes) {
      const std::string definition = CreateIndexSql(table, index, kDialect);
      if (std::find(plan.statements.begin(), plan.statements.end(),
                    definition) == plan.statements.end()) {
        continue;
      }
      CRM_RETURN_IF_ERROR(writer.Post(
          "INSERT INTO schema_index (name, definition) VALUES (?, ?) "
          "ON CONFLICT (name) DO UPDATE SET definition = excluded.definition",
          {index.name, definition}));
    }
  }
  return absl::OkStatus();
}

// The schema, the tables that the engine keeps for itself in it, and the lock
// on its row.
absl::Status Lock(SqlWriter& writer, const std::string& schema_name) {
  if (!schema_name.empty()) {
    CRM_RETURN_IF_ERROR(writer.Post(
        absl::StrCat("CREATE SCHEMA IF NOT EXISTS ", QuoteName(schema_name)),
        {}));
  }
  CRM_RETURN_IF_ERROR(writer.Post(
      "CREATE TABLE IF NOT EXISTS schema_lock (id BIGINT PRIMARY KEY, "
      "taken BIGINT NOT NULL)",
      {}));
  CRM_RETURN_IF_ERROR(writer.Post(
      "CREATE TABLE IF NOT EXISTS schema_index "
      "(name TEXT COLLATE \"C\" PRIMARY KEY, definition TEXT NOT NULL)",
      {}));
  // The turns of writers, which are locks on that row.
  CRM_RETURN_IF_ERROR(
      writer.Post("INSERT INTO schema_lock (id, taken) VALUES (2, 0) "
                  "ON CONFLICT (id) DO NOTHING",
                  {}));
  return writer
      .Execute(
          "INSERT INTO schema_lock (id, taken) VALUES (1, 1) "
          "ON CONFLICT (id) DO UPDATE SET taken = schema_lock.taken + 1",
          {})
      .status();
}

absl::StatusOr<MigrationResult> MigrateIn(SqlWriter& writer,
                                          const std::string& schema_name,
                                          const SqlSchema& schema,
                                          const Database::WriteBody& then) {
  CRM_RETURN_IF_ERROR(Lock(writer, schema_name));
  CRM_ASSIGN_OR_RETURN(const PresentSchema present, ReadPresent(writer));
  CRM_ASSIGN_OR_RETURN(MigrationPlan plan,
                       PlanMigration(schema, present, kDialect));
  for (const std::string& statement : plan.statements) {
    CRM_RETURN_IF_ERROR(writer.Post(statement, {}));
  }
  CRM_RETURN_IF_ERROR(StoreIndexes(writer, schema, plan));
  if (present.version != plan.version) {
    CRM_RETURN_IF_ERROR(StoreSchemaVersion(writer, plan.version));
  }
  if (then) CRM_RETURN_IF_ERROR(then(writer));
  return MigrationResult{
      .created = !present.version.has_value(),
      .added_columns = std::move(plan.added_columns),
      .statement_count = static_cast<int>(plan.statements.size())};
}

// Makes the index that prepares the key of a table its primary key. Takes the
// table for a moment only.
absl::Status Rekey(SqlWriter& writer, const SqlTable& table) {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows keys,
      writer.Query("SELECT constraint_name FROM "
                   "information_schema.table_constraints WHERE table_schema = "
                   "current_schema() AND table_name = ? AND "
                   "constraint_type = 'PRIMARY KEY'",
                   {table.name}));
  const std::string key = QuoteName(Text(keys.at(0).at(0)));
  CRM_RETURN_IF_ERROR(writer.Post(
      absl::StrCat("ALTER TABLE ", QuoteName(table.name), " DROP CONSTRAINT ",
                   key, ", ADD CONSTRAINT ", key, " PRIMARY KEY USING INDEX ",
                   QuoteName(NextKeyName(table))),
      {}));
  return writer.Post("DELETE FROM schema_index WHERE name = ?",
                     {NextKeyName(table)});
}

absl::Status ContractIn(SqlWriter& writer, const std::string& schema_name,
                        const SqlSchema& schema,
                        const Database::WriteBody& check) {
  CRM_RETURN_IF_ERROR(Lock(writer, schema_name));
  if (check) CRM_RETURN_IF_ERROR(check(writer));
  CRM_ASSIGN_OR_RETURN(const PresentSchema present, ReadPresent(writer));
  CRM_ASSIGN_OR_RETURN(const Contraction contraction,
                       PlanContraction(schema, present));
  for (const SqlTable* table : contraction.rekeyed) {
    CRM_RETURN_IF_ERROR(Rekey(writer, *table));
  }
  for (const std::string& statement : contraction.removals) {
    CRM_RETURN_IF_ERROR(writer.Post(statement, {}));
  }
  if (present.version == contraction.version) return absl::OkStatus();
  return StoreSchemaVersion(writer, contraction.version);
}

// Runs `body` in a transaction of its own, again while others are in its way.
absl::Status RunAlone(ConnectionSource& source,
                      const Database::WriteBody& body) {
  absl::Status result;
  for (int run = 0; run < kMaxRuns; ++run) {
    if (run > 0)
      std::this_thread::sleep_for(absl::ToChronoMilliseconds(kPause));
    CRM_ASSIGN_OR_RETURN(auto connection, source.Connect());
    WriteTransaction transaction(*connection, StatementLimits(),
                                 WriteMode::kAlone);
    WriteOutcome outcome = transaction.Run(body);
    if (outcome.end == WriteEnd::kDone && outcome.status.ok()) {
      outcome = transaction.Commit();
    }
    if (outcome.end == WriteEnd::kDone && outcome.status.ok()) {
      return absl::OkStatus();
    }
    result = outcome.status;
    // Two that create the same table at once see odd errors of the catalog.
    const bool raced = absl::IsAlreadyExists(outcome.status) ||
                       absl::IsInternal(outcome.status);
    if (outcome.end == WriteEnd::kDone && !(raced && run < 3)) return result;
  }
  return result;
}

}  // namespace

absl::StatusOr<MigrationResult> MigratePostgres(
    ConnectionSource& source, const SqlSchema& schema,
    const Database::WriteBody& then) {
  MigrationResult result;
  CRM_RETURN_IF_ERROR(RunAlone(source, [&](SqlWriter& writer) -> absl::Status {
    CRM_ASSIGN_OR_RETURN(result,
                         MigrateIn(writer, source.schema(), schema, then));
    return absl::OkStatus();
  }));
  return result;
}

absl::StatusOr<bool> ContractPostgres(ConnectionSource& source,
                                      const SqlSchema& schema,
                                      const Database::WriteBody& check) {
  CRM_RETURN_IF_ERROR(RunAlone(source, [&](SqlWriter& writer) {
    return ContractIn(writer, source.schema(), schema, check);
  }));
  return false;
}

}  // namespace crm

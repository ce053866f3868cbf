#include "services/host/store.h"

#include <filesystem>
#include <iterator>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/host/store_commands.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/events/consumer_registry.h"
#include "shared/events/outbox.h"
#include "shared/events/sql_applier.h"
#include "shared/resource/audit/audit_chain.h"
#include "shared/resource/column_filler.h"
#include "shared/storage/lease.h"
#include "shared/storage/postgres/postgres_database.h"
#include "shared/storage/program_version.h"
#include "shared/storage/sqlite/sqlite_database.h"

namespace crm {

absl::StatusOr<std::unique_ptr<Database>> OpenStoreOf(
    const HostSettings& settings, const Clock& clock) {
  std::error_code error;
  std::filesystem::create_directories(settings.data_dir, error);
  if (error) {
    return InvalidArgument(
        "DATA_DIR_UNUSABLE",
        absl::StrCat("The data folder '", settings.data_dir,
                     "' cannot be made: ", error.message(), "."));
  }
  if (!settings.database.empty()) {
    return OpenPostgres({.uri = settings.database,
                         .password = settings.database_password,
                         .password_file = settings.database_password_file,
                         .clock = &clock});
  }
  SqliteOptions options = StoreOptionsOf(settings);
  options.clock = &clock;
  return OpenSqlite(options);
}

SqlSchema StoreSchema(const Application& application,
                      std::vector<SqlTable> access) {
  SqlSchema schema;
  schema.version = kStoreVersion;
  schema.tables = application.Tables();
  const auto add = [&schema](std::vector<SqlTable> tables) {
    schema.tables.insert(schema.tables.end(),
                         std::make_move_iterator(tables.begin()),
                         std::make_move_iterator(tables.end()));
  };
  add(std::move(access));
  add(OutboxTables());
  add(AuditChainTables());
  add(ConsumerTables());
  add(LeaseTables());
  schema.tables.push_back(ColumnFillTable());
  schema.tables.push_back(ConsumerRegistryTable());
  return schema;
}

absl::Status MigrateStore(Database& database, const SqlSchema& schema,
                          const Clock& clock, IdMaker& ids) {
  if (database.TimeSql().empty()) return database.Migrate(schema).status();
  const std::string holder = HolderOf(schema.version, ids.NewId());
  return database
      .Migrate(schema,
               [&](SqlWriter& writer) -> absl::Status {
                 CRM_ASSIGN_OR_RETURN(const int64_t now,
                                      LeaseTime(database, writer, clock));
                 return AnnounceProgram(writer, now, holder);
               })
      .status();
}

}  // namespace crm

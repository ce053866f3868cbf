#include "services/host/store.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "services/host/store_commands.h"
#include "shared/base/errors.h"
#include "shared/storage/postgres/postgres_database.h"
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
                         .clock = &clock});
  }
  SqliteOptions options = StoreOptionsOf(settings);
  options.clock = &clock;
  return OpenSqlite(options);
}

}  // namespace crm

#include "tests/shared/storage/engines.h"

#include "absl/strings/str_cat.h"
#include "shared/storage/postgres/postgres_database.h"
#include "shared/storage/sqlite/sqlite_database.h"
#include "tests/support/postgres_server/postgres_server.h"

namespace crm::testing {

Engine SqliteEngine() {
  return {.name = "Sqlite",
          .shared = false,
          .open = [](const std::string& folder, const Clock& clock) {
            return OpenSqlite({.path = absl::StrCat(folder, "/test.db"),
                               .clock = &clock,
                               .min_free_bytes = 0,
                               .min_free_fraction = 0});
          }};
}

Engine PostgresEngine() {
  return {.name = "Postgres",
          .shared = true,
          .open = [](const std::string& folder, const Clock& clock) {
            return OpenPostgres(
                {.uri = SharedPostgres().Uri(folder), .clock = &clock});
          }};
}

Engine EngineUnderTest() {
  return TestsRunOnPostgres() ? PostgresEngine() : SqliteEngine();
}

}  // namespace crm::testing

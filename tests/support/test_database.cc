#include "tests/support/test_database.h"

#include "shared/storage/postgres/postgres_database.h"
#include "shared/storage/sqlite/sqlite_database.h"
#include "tests/support/postgres_server/postgres_server.h"

namespace crm::testing {

absl::StatusOr<std::unique_ptr<Database>> OpenEngineUnderTest(
    const std::string& path, const Clock* clock) {
  if (TestsRunOnPostgres()) {
    return OpenPostgres({.uri = SharedPostgres().Uri(path), .clock = clock});
  }
  return OpenSqlite({.path = path,
                     .clock = clock,
                     .min_free_bytes = 0,
                     .min_free_fraction = 0});
}

}  // namespace crm::testing

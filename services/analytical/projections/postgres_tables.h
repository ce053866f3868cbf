// Where the tables of a warehouse lie on a PostgreSQL server, and which of them
// are read.
//
//   schema warehouse_3      leases, and which of the two below is read
//          warehouse_3_a    facts, positions, parked events
//          warehouse_3_b    the same, empty but during a replay
//
// The number is that of the format, so that a program of another format fills
// tables of its own. The two sets have the same names; a transaction enters one
// of them first. All functions are parts of the caller's transaction and
// thread-safe.

#ifndef CRM_SERVICES_ANALYTICAL_PROJECTIONS_POSTGRES_TABLES_H_
#define CRM_SERVICES_ANALYTICAL_PROJECTIONS_POSTGRES_TABLES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "shared/storage/database.h"
#include "shared/storage/schema.h"

namespace crm::analytical {

// Returns the schema of the leases, in which transactions begin, and its
// tables.
std::string WarehouseSchema();
SqlSchema SharedTables();

// Makes what is missing of both sets of tables. Several processes may do so at
// once.
absl::Status MakeWarehouseTables(SqlWriter& writer);

// A statement with its parameters.
struct EnterSql {
  absl::string_view text;
  std::vector<SqlValue> params;
};

// Return statements after which the transaction finds the tables that are read,
// or those of `schema`, under their names.
EnterSql EnterLive();
EnterSql EnterTables(absl::string_view schema);

// Returns the schema that is read. Whoever asks in a transaction that writes
// does not commit if it is another by then.
absl::StatusOr<std::string> LiveTables(SqlReader& reader);

// Returns the schema beside `schema`.
std::string TablesBeside(absl::string_view schema);

// Has `schema` read from the commit on.
absl::Status SwitchTo(SqlWriter& writer, const std::string& schema);

// Counts a change of everything, and a change of a tenant by a partition's
// events.
absl::Status CountChange(SqlWriter& writer);
absl::Status CountTenantChange(SqlWriter& writer, const std::string& tenant,
                               int partition);

// Selects both counts, for a tenant.
inline constexpr char kChangesSql[] =
    "SELECT changes, (SELECT CAST(COALESCE(SUM(changes), 0) AS BIGINT) FROM "
    "tenant_change WHERE tenant = ?) FROM warehouse_state WHERE id = 1";

// Removes some rows from the tables that the transaction has entered, of the
// first that has any. Returns whether there were some.
absl::StatusOr<bool> RemoveSome(SqlWriter& writer);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_PROJECTIONS_POSTGRES_TABLES_H_

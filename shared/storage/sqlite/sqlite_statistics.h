// What the planner of SQLite is told of the rows in a store, before there are
// any: without it an index on a field seems no better than the primary key,
// which gives the order of a page but reads all rows of a tenant.
//
// The rows are written by us, and not by ANALYZE, so that a statement is
// planned the same way in each store, however it has grown.

#ifndef CRM_SHARED_STORAGE_SQLITE_SQLITE_STATISTICS_H_
#define CRM_SHARED_STORAGE_SQLITE_SQLITE_STATISTICS_H_

#include "absl/status/status.h"
#include "shared/storage/database.h"
#include "shared/storage/schema.h"

namespace crm {

// Stores statistics of the clustered tables of `schema` that have indexes, in
// place of those that are there. The tables exist. Returns the errors of a
// write.
absl::Status StoreSqliteStatistics(SqlWriter& writer, const SqlSchema& schema);

}  // namespace crm

#endif  // CRM_SHARED_STORAGE_SQLITE_SQLITE_STATISTICS_H_

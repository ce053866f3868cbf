// The tables of the warehouse, made anew whenever their format changes: what
// they held comes back from the feed.

#ifndef CRM_SERVICES_ANALYTICAL_PROJECTIONS_WAREHOUSE_SCHEMA_H_
#define CRM_SERVICES_ANALYTICAL_PROJECTIONS_WAREHOUSE_SCHEMA_H_

#include "absl/status/status.h"
#include "shared/storage/duckdb/duck_database.h"

namespace crm::analytical {

// Facts have no keys or indexes: whoever writes them first deletes what it
// replaces, in the same transaction. The order of the columns is that in which
// rows are appended.
//
//   orders        producer, tenant, name, customer, state, currency, amount,
//                 order_time, line_count
//   order_lines   producer, tenant, order_name, line_id, product, quantity,
//                 amount
//   applied_keys  producer, tenant, ordering_key, key_version, event_time: how
//                 far the events of each key have been applied
//
// `amount` is a DECIMAL(38, 9), so exact to the nano; times are TIMESTAMPs.
// Beside them stand the consumer's tables (shared/events/sql_applier.h).

// Makes the tables unless they are there in the current format; tables of
// another format are dropped with all they hold. Returns the errors of a
// statement.
absl::Status PrepareWarehouse(DuckWriter& writer);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_PROJECTIONS_WAREHOUSE_SCHEMA_H_

// The tables of the warehouse, and the little in which its two engines differ:
// what they call a type, and whether they want keys.

#ifndef CRM_SERVICES_ANALYTICAL_PROJECTIONS_WAREHOUSE_SCHEMA_H_
#define CRM_SERVICES_ANALYTICAL_PROJECTIONS_WAREHOUSE_SCHEMA_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "shared/storage/migration.h"

namespace crm::analytical {

// Raised with every change of the tables or of what their columns mean: what
// they held comes back from the feed.
inline constexpr int64_t kWarehouseFormat = 6;

// Instants are integers, in microseconds since 1970, and days count from
// 1970-01-01 in UTC, so that no engine's calendar has a say. Amounts are
// DECIMAL(38, 9), exact to the nano; they go in and, cast to TEXT, come out as
// text.
enum class FactType { kText, kInteger, kAmount };

struct FactColumn {
  absl::string_view name;
  FactType type;
};

// A table of facts. Whoever writes a fact first deletes what it replaces, in
// the same transaction.
struct FactTable {
  absl::string_view name;
  // In the order in which values are appended.
  absl::Span<const FactColumn> columns;
  // What tells the rows apart, with the tenant first.
  absl::string_view key;
  // By what else they are looked for; may be empty.
  absl::string_view index = {};
};

inline constexpr FactColumn kOrderColumns[] = {
    {"producer", FactType::kText},     {"tenant", FactType::kText},
    {"name", FactType::kText},         {"customer", FactType::kText},
    {"state", FactType::kText},        {"currency", FactType::kText},
    {"amount", FactType::kAmount},     {"order_time", FactType::kInteger},
    {"order_day", FactType::kInteger}, {"line_count", FactType::kInteger}};
// The analyses go through a currency of a tenant customer by customer. The
// index begins otherwise than the key, or a planner that has no statistics yet
// takes one for as good as the other.
inline constexpr FactTable kOrders = {"orders", kOrderColumns,
                                      "tenant, producer, name",
                                      "tenant, currency, customer"};

// `line` counts the lines of an order from 0: ids are the producer's affair.
inline constexpr FactColumn kOrderLineColumns[] = {
    {"producer", FactType::kText},    {"tenant", FactType::kText},
    {"order_name", FactType::kText},  {"line", FactType::kInteger},
    {"line_id", FactType::kText},     {"product", FactType::kText},
    {"quantity", FactType::kInteger}, {"amount", FactType::kAmount}};
inline constexpr FactTable kOrderLines = {"order_lines", kOrderLineColumns,
                                          "tenant, producer, order_name, line"};

// How far the events of each ordering key have been applied.
inline constexpr FactColumn kAppliedKeyColumns[] = {
    {"producer", FactType::kText},
    {"tenant", FactType::kText},
    {"ordering_key", FactType::kText},
    {"key_version", FactType::kInteger},
    {"event_time", FactType::kInteger}};
inline constexpr FactTable kAppliedKeys = {"applied_keys", kAppliedKeyColumns,
                                           "tenant, producer, ordering_key"};

// The newest version of each order, or other resource, that has ever changed
// its customer.
inline constexpr FactColumn kMovedOrderColumns[] = {
    {"producer", FactType::kText},   {"tenant", FactType::kText},
    {"name", FactType::kText},       {"uid", FactType::kText},
    {"version", FactType::kInteger}, {"event_time", FactType::kInteger}};
inline constexpr FactTable kMovedOrders = {"moved_orders", kMovedOrderColumns,
                                           "tenant, producer, name"};

// What is kept of each resource that is no order (resource_fact.h). An end that
// has not come is kNoEnd.
inline constexpr FactColumn kResourceFactColumns[] = {
    {"producer", FactType::kText},      {"tenant", FactType::kText},
    {"name", FactType::kText},          {"type", FactType::kText},
    {"customer", FactType::kText},      {"category", FactType::kText},
    {"state", FactType::kText},         {"known", FactType::kInteger},
    {"start_time", FactType::kInteger}, {"end_time", FactType::kInteger},
    {"value", FactType::kAmount}};
inline constexpr FactTable kResourceFacts = {
    "resource_facts", kResourceFactColumns, "tenant, producer, name",
    "tenant, type, customer"};
inline constexpr int64_t kNoEnd = std::numeric_limits<int64_t>::max();

inline constexpr const FactTable* kFactTables[] = {
    &kOrders, &kOrderLines, &kAppliedKeys, &kMovedOrders, &kResourceFacts};

// How an engine says it.
struct WarehouseDialect {
  // For the tables that are not facts.
  SqlDialect tables;
  // Whether facts have keys and indexes. Without them rows are appended
  // faster, and an engine that reads whole columns does not miss them.
  bool has_keys = false;
  // How many names one DELETE takes; it always has as many, so that there is
  // one statement to prepare.
  size_t names_at_a_time = 1;
};

// DuckDB's and PostgreSQL's.
extern const WarehouseDialect kDuckWarehouse;
extern const WarehouseDialect kPostgresWarehouse;

// Returns the statements that make all tables of the warehouse: facts, and
// those of the consumer (shared/events/sql_applier.h).
std::vector<std::string> CreateWarehouseSql(const WarehouseDialect& dialect);

// Returns a statement that inserts `rows` rows into `table`, with a parameter
// for each value.
// Example: INSERT INTO t (a, b) VALUES (?, CAST(? AS DECIMAL(38, 9))), ...
std::string InsertFactsSql(const FactTable& table, size_t rows);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_PROJECTIONS_WAREHOUSE_SCHEMA_H_

#include "shared/storage/sqlite/sqlite_statistics.h"

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "shared/base/status_macros.h"

namespace crm {
namespace {

// How many rows a table has, how many of them agree in the first column of a
// key, and how many in the columns after it but for the last.
constexpr int64_t kRows = 1'000'000;
constexpr int64_t kRowsOfFirst = 100'000;
constexpr int64_t kRowsOfNext = 10;

// Returns the `stat` of a key with so many columns whose values are unique: the
// number of rows, and for each column how many rows agree up to it.
std::string StatOf(size_t columns) {
  std::string stat = absl::StrCat(kRows);
  for (size_t column = 1; column <= columns; ++column) {
    const int64_t rows = column == columns ? 1
                         : column == 1     ? kRowsOfFirst
                                           : kRowsOfNext;
    absl::StrAppend(&stat, " ", rows);
  }
  return stat;
}

absl::Status StoreKey(SqlWriter& writer, const std::string& table,
                      const std::string& key, size_t columns) {
  return writer
      .Execute("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)",
               {table, key, StatOf(columns)})
      .status();
}

}  // namespace

absl::Status StoreSqliteStatistics(SqlWriter& writer, const SqlSchema& schema) {
  // Makes the table of statistics, which no other statement can.
  CRM_RETURN_IF_ERROR(writer.Execute("ANALYZE schema_version", {}).status());
  CRM_RETURN_IF_ERROR(writer.Execute("DELETE FROM sqlite_stat1", {}).status());
  for (const SqlTable& table : schema.tables) {
    if (!table.clustered || table.indexes.empty()) continue;
    // The primary key of a clustered table goes by the table's name.
    CRM_RETURN_IF_ERROR(
        StoreKey(writer, table.name, table.name, table.primary_key.size()));
    for (const SqlIndex& index : table.indexes) {
      CRM_RETURN_IF_ERROR(
          StoreKey(writer, table.name, index.name, index.columns.size()));
    }
  }
  // Reads them in, here and in connections that are open.
  return writer.Execute("ANALYZE sqlite_schema", {}).status();
}

}  // namespace crm

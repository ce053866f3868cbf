#include "shared/query/resource_columns.h"

#include "shared/query/field_path.h"

namespace crm {
namespace {

// Times of a row: the columns that are not bytes of the message but are asked
// for on their own.
constexpr const char* kTimes[] = {"create_time", "update_time", "delete_time"};

}  // namespace

ColumnMap ColumnsOf(const ResourceSchema& schema) {
  ColumnMap columns;
  columns.set_table(schema.table());
  columns.Add("name", {"name", ColumnType::kText, false});
  for (const char* time : kTimes) {
    if (schema.message()->FindFieldByName(time) != nullptr) {
      columns.Add(time, {time, ColumnType::kInteger, true});
    }
  }
  for (const ResourceColumn& column : schema.columns()) {
    // The schema was checked: its paths exist.
    columns.Add(
        column.path,
        ColumnFor(*FindFieldPath(*schema.message(), column.path), column.name));
  }
  return columns;
}

}  // namespace crm

// The columns that the table of a resource type has.

#ifndef CRM_SHARED_QUERY_RESOURCE_COLUMNS_H_
#define CRM_SHARED_QUERY_RESOURCE_COLUMNS_H_

#include "shared/query/column_map.h"
#include "shared/reflect/resource_schema.h"

namespace crm {

// Returns the columns by the paths of their fields: the name, the times of the
// row, and what the schema has columns for. None is hidden. A pure function.
ColumnMap ColumnsOf(const ResourceSchema& schema);

}  // namespace crm

#endif  // CRM_SHARED_QUERY_RESOURCE_COLUMNS_H_

// Translates a checked filter to SQL.

#ifndef CRM_SHARED_QUERY_FILTER_LOWERING_H_
#define CRM_SHARED_QUERY_FILTER_LOWERING_H_

#include "shared/query/column_map.h"
#include "shared/query/filter.h"
#include "shared/query/filter_expression.h"

namespace crm {

// Returns the condition on `columns` that follows from `expression`; see
// Filter::Lower.
LoweredFilter LowerFilter(const FilterExpression& expression,
                          const ColumnMap& columns);

}  // namespace crm

#endif  // CRM_SHARED_QUERY_FILTER_LOWERING_H_

// Encodes column values for the state of a page token.

#ifndef CRM_SHARED_QUERY_SQL_VALUE_CODEC_H_
#define CRM_SHARED_QUERY_SQL_VALUE_CODEC_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "shared/query/sql.h"

namespace crm {

// Returns `values` as bytes that DecodeSqlValues gives back exactly.
std::string EncodeSqlValues(const std::vector<SqlValue>& values);

// Returns the values in `bytes`, or INVALID_ARGUMENT (PAGE_TOKEN_INVALID) for
// bytes that EncodeSqlValues did not make.
absl::StatusOr<std::vector<SqlValue>> DecodeSqlValues(absl::string_view bytes);

}  // namespace crm

#endif  // CRM_SHARED_QUERY_SQL_VALUE_CODEC_H_

#include "shared/storage/duckdb/duck_value.h"

#include <cstdint>
#include <sstream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/storage/statement_errors.h"

namespace crm {
namespace {

struct Binder {
  duckdb_prepared_statement statement;
  idx_t position;

  duckdb_state operator()(std::monostate) const {
    return duckdb_bind_null(statement, position);
  }
  duckdb_state operator()(int64_t value) const {
    switch (duckdb_param_type(statement, position)) {
      case DUCKDB_TYPE_TIMESTAMP:
        return duckdb_bind_timestamp(statement, position, {value});
      case DUCKDB_TYPE_TIMESTAMP_TZ:
        return duckdb_bind_timestamp_tz(statement, position, {value});
      case DUCKDB_TYPE_TIME:
        return duckdb_bind_time(statement, position, {value});
      case DUCKDB_TYPE_DATE:
        return duckdb_bind_date(statement, position,
                                {static_cast<int32_t>(value)});
      default:
        return duckdb_bind_int64(statement, position, value);
    }
  }
  duckdb_state operator()(double value) const {
    return duckdb_bind_double(statement, position, value);
  }
  duckdb_state operator()(const std::string& value) const {
    return duckdb_bind_varchar_length(statement, position, value.data(),
                                      value.size());
  }
  duckdb_state operator()(const SqlBlob& value) const {
    return duckdb_bind_blob(statement, position, value.bytes.data(),
                            value.bytes.size());
  }
};

struct Appender {
  duckdb_appender appender;
  duckdb_type type;

  duckdb_state operator()(std::monostate) const {
    return duckdb_append_null(appender);
  }
  duckdb_state operator()(int64_t value) const {
    switch (type) {
      case DUCKDB_TYPE_TIMESTAMP:
      case DUCKDB_TYPE_TIMESTAMP_TZ:
        return duckdb_append_timestamp(appender, {value});
      case DUCKDB_TYPE_TIME:
        return duckdb_append_time(appender, {value});
      case DUCKDB_TYPE_DATE:
        return duckdb_append_date(appender, {static_cast<int32_t>(value)});
      default:
        return duckdb_append_int64(appender, value);
    }
  }
  duckdb_state operator()(double value) const {
    return duckdb_append_double(appender, value);
  }
  duckdb_state operator()(const std::string& value) const {
    return duckdb_append_varchar_length(appender, value.data(), value.size());
  }
  duckdb_state operator()(const SqlBlob& value) const {
    return duckdb_append_blob(appender, value.bytes.data(), value.bytes.size());
  }
};

// What is needed to read the values of one result column.
struct ColumnType {
  duckdb_type type = DUCKDB_TYPE_INVALID;
  duckdb_type decimal_storage = DUCKDB_TYPE_INVALID;
  int decimal_scale = 0;
};

bool IsReadable(duckdb_type type) {
  switch (type) {
    case DUCKDB_TYPE_BOOLEAN:
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_UTINYINT:
    case DUCKDB_TYPE_USMALLINT:
    case DUCKDB_TYPE_UINTEGER:
    case DUCKDB_TYPE_UBIGINT:
    case DUCKDB_TYPE_FLOAT:
    case DUCKDB_TYPE_DOUBLE:
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_TZ:
    case DUCKDB_TYPE_DATE:
    case DUCKDB_TYPE_TIME:
    case DUCKDB_TYPE_HUGEINT:
    case DUCKDB_TYPE_UHUGEINT:
    case DUCKDB_TYPE_VARCHAR:
    case DUCKDB_TYPE_BLOB:
    case DUCKDB_TYPE_DECIMAL:
    case DUCKDB_TYPE_SQLNULL:
      return true;
    default:
      return false;
  }
}

absl::StatusOr<std::vector<ColumnType>> ReadColumnTypes(duckdb_result& result) {
  std::vector<ColumnType> columns(duckdb_column_count(&result));
  for (idx_t i = 0; i < columns.size(); ++i) {
    ColumnType& column = columns[i];
    duckdb_logical_type logical = duckdb_column_logical_type(&result, i);
    const absl::Cleanup destroy = [&logical] {
      duckdb_destroy_logical_type(&logical);
    };
    column.type = duckdb_get_type_id(logical);
    if (!IsReadable(column.type)) {
      return StorageError(absl::StrCat("column '",
                                       duckdb_column_name(&result, i),
                                       "' is of a type that must be cast to "
                                       "VARCHAR"));
    }
    if (column.type == DUCKDB_TYPE_DECIMAL) {
      column.decimal_storage = duckdb_decimal_internal_type(logical);
      column.decimal_scale = duckdb_decimal_scale(logical);
    }
  }
  return columns;
}

template <typename T>
T At(duckdb_vector vector, idx_t row) {
  return static_cast<const T*>(duckdb_vector_get_data(vector))[row];
}

std::string StringAt(duckdb_vector vector, idx_t row) {
  auto text = At<duckdb_string_t>(vector, row);
  const uint32_t size = duckdb_string_t_length(text);
  return std::string(duckdb_string_t_data(&text), size);
}

absl::int128 HugeintAt(duckdb_vector vector, idx_t row) {
  const auto value = At<duckdb_hugeint>(vector, row);
  return absl::MakeInt128(value.upper, value.lower);
}

absl::int128 UnscaledDecimalAt(const ColumnType& column, duckdb_vector vector,
                               idx_t row) {
  switch (column.decimal_storage) {
    case DUCKDB_TYPE_SMALLINT:
      return At<int16_t>(vector, row);
    case DUCKDB_TYPE_INTEGER:
      return At<int32_t>(vector, row);
    case DUCKDB_TYPE_BIGINT:
      return At<int64_t>(vector, row);
    default:
      return HugeintAt(vector, row);
  }
}

std::string FormatUint128(absl::uint128 value) {
  if (absl::Uint128High64(value) == 0) {
    return absl::StrCat(absl::Uint128Low64(value));
  }
  std::ostringstream text;
  text << value;
  return text.str();
}

// Example: 12345 with scale 3 -> 12.345
std::string FormatDecimal(absl::int128 unscaled, int scale) {
  // The magnitude of the smallest value exists only unsigned.
  const bool negative = unscaled < 0;
  auto magnitude = static_cast<absl::uint128>(unscaled);
  if (negative) magnitude = -magnitude;
  std::string digits = FormatUint128(magnitude);
  const auto fraction = static_cast<size_t>(scale);
  if (digits.size() <= fraction) {
    digits.insert(0, fraction + 1 - digits.size(), '0');
  }
  if (fraction > 0) digits.insert(digits.size() - fraction, ".");
  return negative ? absl::StrCat("-", digits) : digits;
}

SqlValue ReadValue(const ColumnType& column, duckdb_vector vector, idx_t row) {
  switch (column.type) {
    case DUCKDB_TYPE_BOOLEAN:
      return int64_t{At<bool>(vector, row)};
    case DUCKDB_TYPE_TINYINT:
      return int64_t{At<int8_t>(vector, row)};
    case DUCKDB_TYPE_SMALLINT:
      return int64_t{At<int16_t>(vector, row)};
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_DATE:
      return int64_t{At<int32_t>(vector, row)};
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_TZ:
    case DUCKDB_TYPE_TIME:
      return At<int64_t>(vector, row);
    case DUCKDB_TYPE_UTINYINT:
      return int64_t{At<uint8_t>(vector, row)};
    case DUCKDB_TYPE_USMALLINT:
      return int64_t{At<uint16_t>(vector, row)};
    case DUCKDB_TYPE_UINTEGER:
      return int64_t{At<uint32_t>(vector, row)};
    case DUCKDB_TYPE_UBIGINT:
      return absl::StrCat(At<uint64_t>(vector, row));
    case DUCKDB_TYPE_FLOAT:
      return double{At<float>(vector, row)};
    case DUCKDB_TYPE_DOUBLE:
      return At<double>(vector, row);
    case DUCKDB_TYPE_HUGEINT:
      return FormatDecimal(HugeintAt(vector, row), /*scale=*/0);
    case DUCKDB_TYPE_UHUGEINT: {
      const auto value = At<duckdb_uhugeint>(vector, row);
      return FormatUint128(absl::MakeUint128(value.upper, value.lower));
    }
    case DUCKDB_TYPE_DECIMAL:
      return FormatDecimal(UnscaledDecimalAt(column, vector, row),
                           column.decimal_scale);
    case DUCKDB_TYPE_VARCHAR:
      return StringAt(vector, row);
    case DUCKDB_TYPE_BLOB:
      return SqlBlob{StringAt(vector, row)};
    default:
      return std::monostate();
  }
}

size_t SizeOf(const SqlValue& value) {
  size_t bytes = sizeof(SqlValue);
  if (const auto* text = std::get_if<std::string>(&value)) {
    bytes += text->size();
  } else if (const auto* blob = std::get_if<SqlBlob>(&value)) {
    bytes += blob->bytes.size();
  }
  return bytes;
}

// Appends the rows of one chunk; returns whether they stay within the bounds.
bool ReadChunk(const std::vector<ColumnType>& columns, duckdb_data_chunk chunk,
               SqlRows& rows, size_t& bytes) {
  const idx_t count = duckdb_data_chunk_get_size(chunk);
  if (rows.size() + count > kMaxRows) return false;
  for (idx_t row = 0; row < count; ++row) {
    SqlRow& values = rows.emplace_back();
    values.reserve(columns.size());
    for (idx_t i = 0; i < columns.size(); ++i) {
      duckdb_vector vector = duckdb_data_chunk_get_vector(chunk, i);
      uint64_t* validity = duckdb_vector_get_validity(vector);
      const bool is_null =
          validity != nullptr && !duckdb_validity_row_is_valid(validity, row);
      values.push_back(is_null ? SqlValue()
                               : ReadValue(columns[i], vector, row));
      bytes += SizeOf(values.back());
    }
    if (bytes > kMaxResultBytes) return false;
  }
  return true;
}

}  // namespace

absl::Status BindDuckValue(duckdb_prepared_statement statement, idx_t position,
                           const SqlValue& value) {
  if (std::visit(Binder{statement, position}, value) == DuckDBSuccess) {
    return absl::OkStatus();
  }
  return StorageError(absl::StrCat("parameter ", position, " was refused"));
}

absl::Status AppendDuckValue(duckdb_appender appender, duckdb_type type,
                             const SqlValue& value) {
  if (std::visit(Appender{appender, type}, value) == DuckDBSuccess) {
    return absl::OkStatus();
  }
  return InvalidArgument("BAD_APPEND",
                         "A value does not fit the column of the table.");
}

absl::StatusOr<SqlRows> ReadDuckRows(duckdb_result& result) {
  CRM_ASSIGN_OR_RETURN(const std::vector<ColumnType> columns,
                       ReadColumnTypes(result));
  SqlRows rows;
  size_t bytes = 0;
  while (duckdb_data_chunk chunk = duckdb_fetch_chunk(result)) {
    const absl::Cleanup destroy = [&chunk] {
      duckdb_destroy_data_chunk(&chunk);
    };
    if (!ReadChunk(columns, chunk, rows, bytes)) return ResultTooLarge();
  }
  return rows;
}

}  // namespace crm

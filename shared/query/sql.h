// Pieces of SQL text together with the values of their placeholders.
//
// Values never enter the text, so no input of a caller can change what a
// statement means. A fragment uses only what SQLite and PostgreSQL agree on.

#ifndef CRM_SHARED_QUERY_SQL_H_
#define CRM_SHARED_QUERY_SQL_H_

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace crm {

// Bytes, kept apart from text because columns of the two types differ.
struct SqlBlob {
  std::string bytes;

  friend bool operator==(const SqlBlob&, const SqlBlob&) = default;
};

// The value of one column or placeholder; monostate is NULL.
//
// Every column is encoded alike: string as TEXT; bool, enum number and integers
// as INTEGER; float and double as REAL; Timestamp and Duration as INTEGER
// microseconds (since the epoch); bytes as BLOB; an unset message or optional
// field as NULL.
using SqlValue =
    std::variant<std::monostate, int64_t, double, std::string, SqlBlob>;

// Text with one `?` for each parameter, in their order. The text is a whole
// expression that may be combined with others if it is put in parentheses.
struct SqlFragment {
  std::string text;
  std::vector<SqlValue> params;

  friend bool operator==(const SqlFragment&, const SqlFragment&) = default;
};

}  // namespace crm

#endif  // CRM_SHARED_QUERY_SQL_H_

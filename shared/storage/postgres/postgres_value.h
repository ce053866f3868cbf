// Values in PostgreSQL's binary format.
//
// Its TEXT cannot hold the character 0, which the other engines and Protobuf
// can. Stored text is therefore escaped in a way that keeps order, equality and
// the finding of substrings, and that leaves all usual text as it is.

#ifndef CRM_SHARED_STORAGE_POSTGRES_POSTGRES_VALUE_H_
#define CRM_SHARED_STORAGE_POSTGRES_POSTGRES_VALUE_H_

#include <array>
#include <deque>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "shared/query/sql.h"

namespace crm {

// Escape the characters 0 to 3, and undo it. Unescaping keeps what no escaping
// made. Pure.
std::string EscapeText(absl::string_view text);
std::string UnescapeText(absl::string_view stored);

// The parameters of one statement as arrays that libpq takes. Refers to the
// values it was made from. Immutable.
class PostgresParameters final {
 public:
  explicit PostgresParameters(const std::vector<SqlValue>& values);
  PostgresParameters(const PostgresParameters&) = delete;
  PostgresParameters& operator=(const PostgresParameters&) = delete;

  int count() const { return static_cast<int>(types_.size()); }
  const unsigned int* types() const { return types_.data(); }
  const char* const* values() const { return values_.data(); }
  const int* lengths() const { return lengths_.data(); }
  const int* formats() const { return formats_.data(); }

 private:
  struct Adder;
  void Add(unsigned int type, const char* data, size_t size);

  std::deque<std::array<char, 8>> numbers_;
  std::deque<std::string> escaped_;
  std::vector<unsigned int> types_;
  std::vector<const char*> values_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
};

// Returns the value of a result's column of the type with the object id `type`,
// from its binary format. Returns INTERNAL STORAGE_ERROR for a type that no
// column of a schema and no count has.
absl::StatusOr<SqlValue> DecodeValue(unsigned int type,
                                     absl::string_view bytes);

}  // namespace crm

#endif  // CRM_SHARED_STORAGE_POSTGRES_POSTGRES_VALUE_H_

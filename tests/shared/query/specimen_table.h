// A table of specimens in SQLite, to compare what SQL selects with what
// messages match.

#ifndef CRM_TESTS_SHARED_QUERY_SPECIMEN_TABLE_H_
#define CRM_TESTS_SHARED_QUERY_SPECIMEN_TABLE_H_

#include <sqlite3.h>

#include <random>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/protobuf/text_format.h"
#include "shared/query/column_map.h"
#include "shared/query/sql.h"
#include "specimen.pb.h"

namespace crm {

// Returns the specimen that `text` describes in text format.
query_test::Specimen ParseSpecimen(absl::string_view text);

// Returns a specimen of few distinct values, so that comparisons often hold;
// its name is unique for each `number`.
query_test::Specimen RandomSpecimen(int number, std::mt19937& random);

// Columns for the fields of a specimen that have one value. Thread-compatible.
class SpecimenTable final {
 public:
  SpecimenTable();
  ~SpecimenTable();
  SpecimenTable(const SpecimenTable&) = delete;
  SpecimenTable& operator=(const SpecimenTable&) = delete;

  const ColumnMap& columns() const { return columns_; }

  void Insert(const query_test::Specimen& specimen);

  // Returns the names of the rows for which `where` holds, in the order that
  // `order_by` gives, `limit` at most if it is positive.
  std::vector<std::string> Names(const SqlFragment& where,
                                 absl::string_view order_by = "name",
                                 int limit = -1);

 private:
  // Runs `sql` and returns the first column of its rows.
  std::vector<std::string> Run(const std::string& sql,
                               const std::vector<SqlValue>& params);

  ColumnMap columns_;
  sqlite3* database_ = nullptr;
};

}  // namespace crm

#endif  // CRM_TESTS_SHARED_QUERY_SPECIMEN_TABLE_H_

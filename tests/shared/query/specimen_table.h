// Tables of specimens and their keepers in a database, to compare what SQL
// selects with what messages match.

#ifndef CRM_TESTS_SHARED_QUERY_SPECIMEN_TABLE_H_
#define CRM_TESTS_SHARED_QUERY_SPECIMEN_TABLE_H_

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/protobuf/text_format.h"
#include "shared/query/column_map.h"
#include "shared/query/reference.h"
#include "shared/query/sql.h"
#include "shared/storage/database.h"
#include "specimen.pb.h"

namespace crm {

// Returns the specimen that `text` describes in text format.
query_test::Specimen ParseSpecimen(absl::string_view text);

// Returns a specimen of few distinct values, so that comparisons often hold;
// its name is unique for each `number`.
query_test::Specimen RandomSpecimen(int number, std::mt19937& random);

// The same for a keeper. Some are deleted.
query_test::Keeper RandomKeeper(int number, std::mt19937& random);

// Columns for the fields of specimens and keepers that have one value. Rows are
// those of one tenant; another has rows of the same names with other values.
// Thread-compatible.
class SpecimenTable final {
 public:
  static constexpr char kTenant[] = "ours";
  static constexpr char kOtherTenant[] = "theirs";

  // A table in a database of its own, on the engine that CRM_TEST_DATABASE
  // names, which has `others` too.
  explicit SpecimenTable(const std::vector<SqlTable>& others = {});
  // A table in `database`, which is empty.
  explicit SpecimenTable(std::unique_ptr<Database> database,
                         const std::vector<SqlTable>& others = {});
  SpecimenTable(const SpecimenTable&) = delete;
  SpecimenTable& operator=(const SpecimenTable&) = delete;

  const ColumnMap& columns() const { return specimens_; }
  Database& database() { return *database_; }

  // Knows specimens and keepers.
  FindTarget targets() const;

  // Store rows.
  void Insert(const std::vector<query_test::Specimen>& specimens);
  void Insert(const std::vector<query_test::Keeper>& keepers);
  void Insert(const query_test::Specimen& specimen) {
    Insert(std::vector<query_test::Specimen>{specimen});
  }

  // Returns the names of the specimens for which `where` holds, in the order
  // that `order_by` gives, `limit` at most if it is positive.
  std::vector<std::string> Names(const SqlFragment& where,
                                 absl::string_view order_by = "name",
                                 int limit = -1);

 private:
  ColumnMap specimens_;
  ColumnMap keepers_;
  const ReferenceTarget specimen_target_;
  const ReferenceTarget keeper_target_;
  std::unique_ptr<Database> database_;
};

}  // namespace crm

#endif  // CRM_TESTS_SHARED_QUERY_SPECIMEN_TABLE_H_

// Specimens and keepers with fields of a tenant's own. Each field is there
// twice with the same values: as `word` without an index, so that messages
// answer, and as `x_word` with one, so that SQL does.

#ifndef CRM_TESTS_SHARED_QUERY_CUSTOM_SPECIMENS_H_
#define CRM_TESTS_SHARED_QUERY_CUSTOM_SPECIMENS_H_

#include <random>
#include <string>
#include <vector>

#include "shared/query/sql.h"
#include "shared/resource/custom_index.h"
#include "shared/resource/custom_schema.h"
#include "tests/shared/query/specimen_table.h"

namespace crm {

// Sets some of the tenant's own fields to a few distinct values.
void SetCustomFields(query_test::Specimen& specimen, std::mt19937& random);
void SetCustomFields(query_test::Keeper& keeper, std::mt19937& random);

// A SpecimenTable with the index of these fields beside it. Thread-compatible.
class CustomSpecimens final {
 public:
  CustomSpecimens();

  // Those of the table, and those of the index.
  const ColumnMap& columns() const { return columns_.columns(); }
  FindTarget targets() const { return table_.targets(); }
  FindCustomField finder() const { return schema_.finder(); }

  void Insert(const std::vector<query_test::Specimen>& specimens);
  void Insert(const std::vector<query_test::Keeper>& keepers) {
    table_.Insert(keepers);
  }

  // Returns the names of the specimens for which `where` holds.
  std::vector<std::string> Names(const SqlFragment& where);

 private:
  SpecimenTable table_;
  const CustomSchema schema_;
  const CustomColumns columns_;
};

}  // namespace crm

#endif  // CRM_TESTS_SHARED_QUERY_CUSTOM_SPECIMENS_H_
